"""What is written about the repository is true as far as a machine can tell."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import yaml

from tests.tracked import TOP, tracked
from toolchain.programs import PROGRAMS

if TYPE_CHECKING:
    from pathlib import Path

DEPENDENCIES = TOP / "docs" / "reference" / "dependencies.md"
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
TARGET = re.compile(r"^([a-z][a-z-]*):(?!=)(.*)$")


def test_every_link_between_our_pages_leads_somewhere() -> None:
    broken = [
        f"{page.relative_to(TOP)}: {target}"
        for page in pages()
        for target in LINK.findall(page.read_text())
        if "://" not in target and not leads_somewhere(page, target)
    ]
    assert broken == []


def test_every_page_is_reached_from_the_index_of_the_docs() -> None:
    index = TOP / "docs" / "README.md"
    linked = {(index.parent / t.partition("#")[0]).resolve() for t in links(index)}
    below = {page for page in pages() if index.parent in page.parents and page != index}
    assert {str(page.relative_to(TOP)) for page in below - linked} == set()


def test_every_path_that_a_page_names_is_there() -> None:
    rooms = "|".join(sorted({p.relative_to(TOP).parts[0] for p in tracked() if p.parent != TOP}))
    named = re.compile(rf"`((?:{rooms})/[A-Za-z0-9_./-]*)`")
    gone = [
        f"{page.relative_to(TOP)}: {path}"
        for page in pages()
        for path in named.findall(page.read_text())
        if not (TOP / path).exists()
    ]
    assert gone == []


def test_every_target_of_make_has_a_sentence() -> None:
    targets = [TARGET.match(line) for line in (TOP / "Makefile").read_text().splitlines()]
    assert [t[1] for t in targets if t and not re.search(r" ## [A-Z].{15,}", t[2])] == []


def test_every_target_that_a_page_names_is_there() -> None:
    lines = (TOP / "Makefile").read_text().splitlines()
    targets = {t[1] for line in lines if (t := TARGET.match(line))}
    named = re.compile(r"(?:`|^ *|&& )make ([a-z][a-z-]*)", re.MULTILINE)
    gone = {
        f"{page.relative_to(TOP)}: make {target}"
        for page in pages()
        for target in named.findall(page.read_text())
        if target not in targets
    }
    assert gone == set()


def test_every_dependency_has_its_reason() -> None:
    reasons = reasoned()
    assert sorted({*python_packages(), *PROGRAMS, *machine_packages()} - reasons) == []


def test_every_package_of_this_machine_has_its_reason() -> None:
    lines = (TOP / "toolchain" / "apt-packages.txt").read_text().splitlines()
    assert [line for line in lines if not re.search(r"^#|^[a-z0-9.+-]+ +# .{8,}", line)] == []


def test_the_page_about_the_site_file_is_the_one_that_the_model_gives() -> None:
    made = subprocess.run(
        [sys.executable, TOP / "docs" / "generate.py"], capture_output=True, check=True, text=True
    ).stdout
    assert (TOP / "docs" / "reference" / "site-file.md").read_text() == made, (
        "python docs/generate.py > docs/reference/site-file.md"
    )


def pages() -> list[Path]:
    """Every page."""
    return [path for path in tracked() if path.suffix == ".md"]


def links(page: Path) -> list[str]:
    """What a page links to in the repository."""
    return [target for target in LINK.findall(page.read_text()) if "://" not in target]


def leads_somewhere(page: Path, target: str) -> bool:
    """Tell whether a link's file and, in a page, its heading are there."""
    name, _, anchor = target.partition("#")
    file = (page.parent / name).resolve() if name else page
    return file.exists() and (not anchor or anchor in anchors(file))


def anchors(page: Path) -> set[str]:
    """The headings of a page, as links name them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def reasoned() -> set[str]:
    """Names in the first column of the tables of the page about dependencies."""
    rows = [line.split("|") for line in DEPENDENCIES.read_text().splitlines() if "|" in line]
    return {name for row in rows if row[2].strip() for name in NAME.findall(row[1])}


def python_packages() -> set[str]:
    """What the two Python projects name."""
    ours = tomllib.loads((TOP / "pyproject.toml").read_text())
    cloud = tomllib.loads((TOP / "lab" / "cloud" / "pyproject.toml").read_text())
    listed = ours["project"]["dependencies"] + cloud["project"]["dependencies"]
    for project in (ours, cloud):
        for group in project.get("dependency-groups", {}).values():
            listed += group
        listed += project["build-system"]["requires"]
    return {name[0] for line in listed if (name := NAME.match(line))}


def machine_packages() -> set[str]:
    """Debian packages of the machine image and of the roles, without their versions."""
    image = (TOP / "lab" / "image" / "packages.txt").read_text().split()
    roles = yaml.safe_load((TOP / "playbooks" / "packages.yml").read_text())["packages"]
    return {*image, *(line.partition("=")[0] for lines in roles.values() for line in lines)}
