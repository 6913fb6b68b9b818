from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lab import machine_image

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy the recipe to where a test may change it."""
    copied = tmp_path / "image"
    shutil.copytree(machine_image.RECIPE, copied)
    monkeypatch.setattr(machine_image, "RECIPE", copied)
    return copied


def _key() -> str:
    return machine_image.key(machine_image.recipe())


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("packages.txt", id="a package more"),
        pytest.param("customize.sh", id="another step"),
        pytest.param("tree/etc/cloud/cloud.cfg.d/90-machine.cfg", id="another drop-in"),
        pytest.param("tree/etc/new.conf", id="a drop-in more"),
    ],
)
def test_a_changed_recipe_names_another_image(recipe: Path, change: str) -> None:
    before = _key()

    with (recipe / change).open("a") as file:
        file.write("more\n")

    assert _key() != before


def test_a_file_in_another_place_names_another_image(recipe: Path) -> None:
    before = _key()

    (recipe / "tree/etc/ssh/sshd_config.d/90-machine.conf").rename(recipe / "tree/etc/moved")

    assert _key() != before


def test_the_same_recipe_names_the_same_image_wherever_it_lies(recipe: Path) -> None:
    assert _key() == machine_image.key(sorted(p for p in recipe.rglob("*") if p.is_file()))
    assert len(_key()) == 16


def test_an_image_in_the_cache_is_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    kept = tmp_path / "foreground/images" / f"debian-12-{_key()}" / "debian-12.tar.zst"
    kept.parent.mkdir(parents=True)
    kept.touch()

    assert machine_image.build() == kept


def test_the_image_has_what_a_cloud_expects_of_it() -> None:
    assert {"cloud-init", "openssh-server", "sudo", "python3"} <= set(machine_image.packages())


def test_a_mount_from_a_server_that_does_not_hear_is_told_as_mount_tells_it() -> None:
    mount = machine_image.RECIPE / "tree/usr/sbin/mount.nfs"
    done = subprocess.run(
        [sys.executable, mount, "127.77.255.254:/homes", "/mnt", "-o", "nfsvers=4.1"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (32, "")
    assert done.stderr.startswith("mount.nfs: ")
    assert "refused" in done.stderr
