from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from infra import images
from infra.errors import ForegroundError

if TYPE_CHECKING:
    from pathlib import Path

ON_BASE = "ARG BASE\nFROM ${BASE}\n"


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(images, "SERVICES", tmp_path)
    write(tmp_path / "base/Containerfile", "FROM scratch\n")
    write(tmp_path / "notebooks/session/Containerfile", ON_BASE)
    write(tmp_path / "notebooks/session/files/b.txt", "b")
    write(tmp_path / "notebooks/session/files/a.txt", "a")
    write(tmp_path / "ingress/alone/Containerfile", "FROM scratch\n")
    return tmp_path


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def keys() -> dict[str, str]:
    return {name: images.key(name) for name in images.names()}


def changed(before: dict[str, str]) -> set[str]:
    return {name for name, key in keys().items() if before[name] != key}


@pytest.mark.usefixtures("services")
def test_the_base_comes_first_and_every_containerfile_is_an_image() -> None:
    assert images.names() == ("base", "ingress/alone", "notebooks/session")


@pytest.mark.usefixtures("services")
def test_a_reference_names_registry_image_and_content() -> None:
    reference = images.reference("registry.example:5000", "notebooks/session")
    assert re.fullmatch(
        r"registry\.example:5000/foreground/notebooks-session:[0-9a-f]{16}", reference
    )


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("files/a.txt", "another"),
        ("files/new.txt", ""),
        ("Containerfile", ON_BASE + "USER 1\n"),
    ],
)
def test_a_changed_file_changes_the_tag_of_its_image_only(
    services: Path, file: str, text: str
) -> None:
    before = keys()
    write(services / "notebooks/session" / file, text)
    assert changed(before) == {"notebooks/session"}


def test_renaming_a_file_and_making_it_executable_change_the_tag(services: Path) -> None:
    folder = services / "notebooks/session/files"
    before = keys()
    (folder / "a.txt").chmod(0o755)
    assert changed(before) == {"notebooks/session"}
    before = keys()
    (folder / "a.txt").rename(folder / "c.txt")
    assert changed(before) == {"notebooks/session"}


def test_a_changed_base_changes_the_images_that_start_from_it(services: Path) -> None:
    before = keys()
    write(services / "base/packages", "more")
    assert changed(before) == {"base", "notebooks/session"}


def test_files_of_tests_caches_and_editors_are_no_content(services: Path) -> None:
    before = keys()
    for name in ("tests/test_it.py", "__pycache__/it.pyc", "files/.a.txt.swp"):
        write(services / "notebooks/session" / name, "anything")
    assert changed(before) == set()


def test_the_order_in_which_files_were_made_does_not_matter(services: Path) -> None:
    before = keys()
    folder = services / "notebooks/session/files"
    for name in ("a.txt", "b.txt"):
        text = (folder / name).read_text()
        (folder / name).unlink()
        write(folder / name, text)
    assert changed(before) == set()


@pytest.mark.usefixtures("services")
def test_an_unknown_image_is_an_error_of_one_sentence() -> None:
    with pytest.raises(ForegroundError, match="there is no image 'notebooks/none'") as raised:
        images.reference("registry.example", "notebooks/none")
    assert raised.value.hint == "one of base, ingress/alone, notebooks/session"
