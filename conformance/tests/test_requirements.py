from __future__ import annotations

import importlib
from pathlib import Path

import conformance
from conformance.kit.requirements import MARK, Requirement
from conformance.kit.site.site_under_test import STACK
from infra.site import Site
from infra.site.capability import Capability

ROOM = Path(conformance.__file__).parent
FOLDERS = sorted({file.parent for file in ROOM.glob("*/test_*.py")} - {ROOM / "tests"})
WITHOUT_FOLDER = {"ingress"}  # each test of another folder that logs in goes through it


def marked(folder: Path) -> list[Requirement]:
    """Return the requirements of a folder by the marks of its tests."""
    found = []
    for file in sorted(folder.glob("test_*.py")):
        module = importlib.import_module(f"conformance.{folder.name}.{file.stem}")
        marks = [
            mark
            for name, test in vars(module).items()
            if name.startswith("test_")
            for mark in getattr(test, "pytestmark", [])
        ]
        found += [mark.args[0] for mark in marks if mark.name == MARK]
    return found


def every_requirement() -> list[Requirement]:
    return [row for folder in FOLDERS for row in marked(folder)]


def capabilities() -> set[str]:
    """Return the names of the optional sections of a site file."""
    fields = Site.model_fields.items()
    return {name for name, info in fields if _is_capability(info.annotation)}


def _is_capability(annotation: object) -> bool:
    classes = [annotation, *getattr(annotation, "__args__", ())]
    return any(isinstance(one, type) and issubclass(one, Capability) for one in classes)


def test_every_folder_has_the_requirements_that_it_lists() -> None:
    listed = {
        folder.name: list(importlib.import_module(f"conformance.{folder.name}").REQUIREMENTS)
        for folder in FOLDERS
    }
    assert listed == {folder.name: [row.id for row in marked(folder)] for folder in FOLDERS}


def test_every_file_of_a_folder_tests_the_requirement_of_its_name() -> None:
    files = [file.stem for folder in FOLDERS for file in sorted(folder.glob("test_*.py"))]
    assert files == [f"test_{row.id.lower().replace('-', '_')}" for row in every_requirement()]


def test_no_two_requirements_share_an_id_or_a_uuid() -> None:
    rows = every_requirement()
    assert len({row.id for row in rows}) == len({row.uuid for row in rows}) == len(rows)


def test_every_capability_is_needed_by_a_requirement_and_nothing_else_is() -> None:
    needed = {need for row in every_requirement() for need in row.needs}
    assert needed == capabilities() | {STACK}


def test_every_capability_has_a_folder_of_its_name() -> None:
    assert capabilities() - {folder.name for folder in FOLDERS} == WITHOUT_FOLDER


def test_sentences_end_with_a_full_stop() -> None:
    assert [row.id for row in every_requirement() if not row.sentence.endswith(".")] == []
