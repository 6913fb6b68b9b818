"""The rules of the house that no linter knows: what may stand where, and what git may hold."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
LOCKS = ("uv.lock", "go.sum", "package-lock.json")  # written by package clients, hosts and all
REGISTRY_HOST = re.compile(
    r"https?://[a-z0-9.-]*(?:pypi|pythonhosted|npmjs|golang|maven|debian|crates)[a-z0-9.-]*",
    re.IGNORECASE,
)
LAB_WORDS = re.compile(r"\blab\b|127\.77\.|nspawn|labcloud|fake", re.IGNORECASE)


def tracked(*under: str) -> list[Path]:
    """What git holds below the given folders, or everywhere."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--", *under],
        cwd=TOP,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    return [TOP / name for name in listing.split("\0") if name and (TOP / name).is_file()]


def lines_matching(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    """`file:line: text` of each line that matches."""
    return [
        f"{path.relative_to(TOP)}:{number}: {line.strip()[:100]}"
        for path in files
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_part_of_the_product_knows_the_lab() -> None:
    sources = [
        path
        for path in tracked("infra", "stacks", "playbooks", "services")
        if path.parent != TOP / "stacks" / "sites" and "tests" not in path.parts
    ]
    assert lines_matching(LAB_WORDS, sources) == []


def test_git_holds_no_host_of_a_package_registry() -> None:
    files = [path for path in tracked() if path.name not in LOCKS and path != Path(__file__)]
    assert lines_matching(REGISTRY_HOST, files) == []


def test_git_holds_no_path_of_one_machine() -> None:
    here = re.compile(re.escape(str(TOP.parent)) + "/|" + re.escape(str(Path.home())) + "/")
    assert lines_matching(here, tracked()) == []


def test_git_holds_no_binary_and_nothing_huge() -> None:
    large = [str(p) for p in tracked() if p.stat().st_size > 512 * 1024 and p.suffix != ".svg"]
    binary = [str(p) for p in tracked() if b"\0" in p.read_bytes()[:8000] and p.suffix != ".png"]
    assert (large, binary) == ([], [])


def test_no_module_holds_two_nouns() -> None:
    lengths = {
        str(path.relative_to(TOP)): len(path.read_text().splitlines())
        for path in tracked()
        if path.suffix == ".py"
    }
    assert {path: lines for path, lines in lengths.items() if lines > 400} == {}


def test_every_module_says_first_what_it_is() -> None:
    silent = [
        str(path.relative_to(TOP))
        for path in tracked()
        if path.suffix == ".py"
        and "tests" not in path.parts
        and path.read_text().strip()
        and not path.read_text().lstrip().startswith(('"""', "#!"))
    ]
    assert silent == []


def test_no_test_is_skipped_in_silence_and_nothing_sleeps_bare() -> None:
    smell = re.compile(r"pytest\.skip\(|mark\.skip\b|mark\.xfail|# (?:TODO|FIXME)")
    files = [p for p in tracked() if p.suffix in {".py", ".yml", ".sh"} and p != Path(__file__)]
    assert lines_matching(smell, files) == []
