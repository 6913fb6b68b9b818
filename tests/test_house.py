"""The rules of the house that no linter knows: what may stand where, and what git may hold."""

from __future__ import annotations

import ast
import re
import textwrap
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tests.tracked import TOP, lines_matching, tracked

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCKS = ("uv.lock", "go.sum", "package-lock.json")  # written by package clients, hosts and all
HERE = TOP / "tests" / "test_house.py"  # the only file that may spell out what is forbidden
REGISTRY_HOST = re.compile(
    r"https?://[a-z0-9.-]*(?:pypi|pythonhosted|npmjs|golang|maven|debian|crates)[a-z0-9.-]*",
    re.IGNORECASE,
)
LAB_WORDS = re.compile(r"(?<!/)\blab\b|127\.77\.|nspawn|labcloud|fake", re.IGNORECASE)
LONGEST_MODULE = 400
LARGEST_FILE = 512 * 1024
BEATS = {
    "lab/cloud/src/labcloud/neutron/enforcement.py:_follow",  # a daemon's thread, as long as it
    "infra/operations/progress.py:_tick",  # a clock on the screen, cancelled with what it shows
    "services/headroom/keeper/headroom/__main__.py:_follow",  # a thread, as long as its pod
    "toolchain/locks.py:alone",  # another build's end, shown with elapsed time; Ctrl-C ends it
}
"""Loops that wait without a deadline, each for the reason beside it."""


def test_no_part_of_the_product_knows_the_lab() -> None:
    sources = [
        path
        for path in tracked("infra", "stacks", "playbooks", "services")
        if path.parent != TOP / "stacks" / "sites" and "tests" not in path.parts
    ]
    assert lines_matching(LAB_WORDS, sources) == []


def test_git_holds_no_host_of_a_package_registry() -> None:
    files = [path for path in tracked() if path.name not in LOCKS and path != HERE]
    assert lines_matching(REGISTRY_HOST, files) == []


def test_git_holds_no_path_of_one_machine() -> None:
    beside = [path for path in TOP.parent.iterdir() if TOP.parent.parent != TOP.parent]
    here = "|".join(re.escape(str(path)) for path in (TOP, Path.home(), *beside))
    own = re.compile(rf"(?<![\w}}])(?:{here})/")
    assert lines_matching(own, [path for path in tracked() if path != HERE]) == []


def test_git_holds_no_binary_and_nothing_huge() -> None:
    large = [str(p) for p in tracked() if p.stat().st_size > LARGEST_FILE and p.name not in LOCKS]
    binary = [str(p) for p in tracked() if b"\0" in p.read_bytes()[:8000] and p.suffix != ".png"]
    assert (large, binary) == ([], [])


def test_no_module_holds_two_nouns() -> None:
    lengths = {name: len(path.read_text().splitlines()) for name, path in modules()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_MODULE} == {}


def test_every_module_says_first_what_it_is() -> None:
    assert [name for name, line in first_lines() if not line] == []


def test_no_two_modules_say_that_they_are_the_same() -> None:
    said = Counter(line for _, line in first_lines() if line)
    assert [(name, line) for name, line in first_lines() if said[line] > 1] == []


def test_no_module_is_named_after_nothing() -> None:
    empty_names = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}
    assert [name for name, path in modules() if {path.stem, path.parent.name} & empty_names] == []


def test_no_test_is_skipped_in_silence_and_nothing_is_put_off() -> None:
    smell = re.compile(r"pytest\.skip\(|mark\.skip\b|mark\.xfail|# (?:TODO|FIXME)")
    files = [p for p in tracked() if p.suffix in {".py", ".yml", ".sh"} and p != HERE]
    assert lines_matching(smell, files) == []


def test_what_waits_has_a_deadline() -> None:
    bare = [
        where
        for name, path in modules()
        for where, function in sleepers(name, path)
        if where not in BEATS and not ends_in_time(function)
    ]
    assert bare == []


def test_a_capability_is_written_down_in_its_own_files_and_at_most_six_others() -> None:
    assert set(places("headroom")) == {
        "CHANGELOG.md",
        "infra/names.py",  # its priority class, which the others are ordered against
        "infra/site/site.py",
        "stacks/overlay.py",
        "stacks/sites/Pulumi.ci.yaml",
        "stacks/sites/Pulumi.local.yaml",
    }


def places(capability: str) -> Iterator[str]:
    """Yield the files that a new capability would have to change, by the name of an old one.

    They are all files of the product, its build and its configuration that name the capability in
    code and are not its own: a file is its own if it, or a folder above it, has its name. Tests
    and what judges a site do not count: no list in them grows with a capability, and the contest
    that the conformance kit and the load test are about is a contest for headroom.
    """
    judges = {"conformance", "loadtests", "docs"}
    for path in tracked():
        place = path.relative_to(TOP)
        page = path.suffix == ".md" and path.name != "CHANGELOG.md"
        own = capability in {*place.parts, path.stem}
        if own or page or place.parts[0] in judges or "tests" in place.parts:
            continue
        if path.name not in LOCKS and capability in code_of(path).lower():
            yield str(place)


def code_of(path: Path) -> str:
    """Return the text of a file without its comments, and a Python file without docstrings."""
    text = path.read_text(errors="replace")
    if path.suffix != ".py":
        return "\n".join(line.partition("#")[0] for line in text.splitlines())
    tree = ast.parse(text)
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                child.value = ast.Constant(...)
    return ast.unparse(tree)


def modules() -> Iterator[tuple[str, Path]]:
    """Name and path of every Python file."""
    for path in tracked():
        if path.suffix == ".py":
            yield str(path.relative_to(TOP)), path


def first_lines() -> Iterator[tuple[str, str]]:
    """Of every module that is no test and not empty: its name, and what it says of itself."""
    for name, path in modules():
        if "tests" not in path.parts and (text := path.read_text()).strip():
            yield name, (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]


def sleepers(name: str, path: Path) -> Iterator[tuple[str, str]]:
    """`file:function` and source of each function that calls sleep itself."""
    text = path.read_text()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and sleeps(node):
            yield f"{name}:{node.name}", ast.get_source_segment(text, node) or ""


def ends_in_time(function: str) -> bool:
    """Tell whether a function compares something with a deadline, or sets itself a timeout."""
    tree = ast.parse(textwrap.dedent(function))
    compared = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Compare)]
    limited = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return any(re.search(r"\bdeadline\b", text) for text in compared) or any(
        name.rpartition(".")[2] == "timeout" for name in limited
    )


def sleeps(node: ast.AST) -> bool:
    """Tell whether a function, without those defined in it, calls sleep."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        called = ast.unparse(child) if isinstance(child, ast.Call) else ""
        if re.match(r"(?:\w+\.)?sleep\((?!0\))", called) or sleeps(child):  # sleep(0) waits not
            return True
    return False
