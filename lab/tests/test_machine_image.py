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
    """Return a copy of the recipe, which replaces the original in this test."""
    copied = tmp_path / "image"
    shutil.copytree(machine_image.RECIPE, copied)
    monkeypatch.setattr(machine_image, "RECIPE", copied)
    return copied


def _key() -> str:
    return machine_image.key(machine_image.recipe())


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("packages.txt", id="one more package"),
        pytest.param("customize.sh", id="a changed script"),
        pytest.param("tree/etc/cloud/cloud.cfg.d/90-machine.cfg", id="a changed drop-in"),
        pytest.param("tree/etc/new.conf", id="one more drop-in"),
    ],
)
def test_a_changed_recipe_has_another_key(recipe: Path, change: str) -> None:
    before = _key()

    with (recipe / change).open("a") as file:
        file.write("more\n")

    assert _key() != before


def test_a_recipe_with_a_moved_file_has_another_key(recipe: Path) -> None:
    before = _key()

    (recipe / "tree/etc/ssh/sshd_config.d/90-machine.conf").rename(recipe / "tree/etc/moved")

    assert _key() != before


def test_a_copy_of_the_recipe_in_another_folder_has_the_same_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = _key()
    shutil.copytree(machine_image.RECIPE, tmp_path / "elsewhere")
    monkeypatch.setattr(machine_image, "RECIPE", tmp_path / "elsewhere")

    assert _key() == original
    assert len(original) == 16


def test_an_image_in_the_cache_is_not_built_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    kept = tmp_path / "foreground/images" / f"debian-12-{_key()}" / "debian-12.tar.zst"
    kept.parent.mkdir(parents=True)
    kept.touch()

    assert machine_image.build() == kept


def test_the_image_has_the_packages_that_a_cloud_expects() -> None:
    assert {"cloud-init", "openssh-server", "sudo", "python3"} <= set(machine_image.packages())


def test_a_mount_that_the_server_refuses_fails_as_mount_nfs_fails() -> None:
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
