"""Which room imports which, tests included: import-linter sees packages only, and no tests."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

import pytest

from tests.tracked import TOP, tracked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROOMS: Final = ("conformance", "infra", "lab", "loadtests", "services", "stacks", "toolchain")
SITE: Final = ("infra.accelerators", "infra.errors", "infra.names", "infra.outputs", "infra.site")
BUILD: Final = (
    "infra.accelerators",
    "infra.errors",
    "infra.images",
    "infra.site",
    "infra.versions",
)
MAY_IMPORT: Final = {
    "conformance": ("conformance", *SITE),
    "infra": ("infra",),
    "lab": ("lab", "toolchain", *BUILD),
    "loadtests": ("conformance.kit", "loadtests", *SITE),
    "services": (),
    "stacks": ("infra", "stacks"),
    "toolchain": ("toolchain", *BUILD),
}
"""Modules of ours, and all below them, that each room may import."""

TESTS_MAY_IMPORT: Final = {
    "infra/plugin/tests": ("toolchain",),  # Pulumi's engine and the plugins, to run them
    "services/notebooks/hub/tests": ("services.storage.homes",),  # the hub calls it, for real
    "stacks/tests": ("toolchain",),  # the same; and a real API server
}


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_a_room_imports_only_the_rooms_below_it(room: str) -> None:
    wrong = [
        f"{path.relative_to(TOP)} imports {name}"
        for path in tracked(room)
        if path.suffix == ".py"
        for name in imported(path)
        if name.partition(".")[0] in ROOMS and not allowed(path, name)
    ]
    assert wrong == []


def test_a_capability_of_the_overlay_imports_no_other_capability() -> None:
    overlay = TOP / "infra" / "overlay"
    wrong = [
        f"{path.relative_to(TOP)} imports {name}"
        for path in tracked("infra/overlay")
        if path.suffix == ".py" and path.parent != overlay
        for name in imported(path)
        if name.startswith("infra.overlay.")
        and name.split(".")[2] not in {path.relative_to(overlay).parts[0], "base", "tests"}
        and path.relative_to(overlay).parts[0] != "tests"
    ]
    assert wrong == []


def test_stacks_imports_nothing_relative_as_pulumi_runs_it_as_a_program() -> None:
    relative = [
        f"{path.relative_to(TOP)}:{node.lineno}"
        for path in tracked("stacks")
        if path.suffix == ".py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def allowed(path: Path, name: str) -> bool:
    """Tell whether a file may import a module of ours."""
    place = path.relative_to(TOP).as_posix()
    parts = path.relative_to(TOP).parts
    rooms = [*MAY_IMPORT[parts[0]]]
    if parts[0] == "services":
        rooms.append(".".join(parts[:3]))  # a program imports its own modules and no others
    for folder, more in TESTS_MAY_IMPORT.items():
        if place.startswith(f"{folder}/"):
            rooms += more
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


def imported(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports, by their full names.

    `from infra import names` is `infra.names`, and `from infra.site import Site` is
    `infra.site.Site`: which of these are modules does not matter to the table above.
    """
    package = path.relative_to(TOP).parent.parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)
