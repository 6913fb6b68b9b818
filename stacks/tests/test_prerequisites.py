"""The overlay on a cluster that exists and is not ours."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from infra.errors import ForegroundError
from infra.overlay.base.claims import Export
from infra.overlay.base.databases import Database
from infra.site import Site, read
from infra.testing import Plan, configuration, plan
from stacks.__main__ import program
from stacks.overlay import deploy_overlay
from stacks.prerequisites import Prerequisites

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def site(sections: dict[str, Any]) -> Site:
    return read("local", sections)


@pytest.fixture
def prerequisites() -> Callable[[], Prerequisites]:
    """An existing cluster with an NFS server and a database server."""

    def existing() -> Prerequisites:
        return Prerequisites.of_existing(
            "their kubeconfig",
            "their cluster",
            homes=Export("192.0.2.6", "/export/homes"),
            databases={"hub": Database("192.0.2.5", "hub", "password")},
        )

    return existing


def on(site: Site, prerequisites: Callable[[], Prerequisites], **changes: Any) -> Plan:  # noqa: ANN401
    """The plan of the overlay, with some fields of the prerequisites changed."""
    return plan(lambda: deploy_overlay(site, replace(prerequisites(), **changes)))


def test_an_existing_cluster_gets_the_same_objects_and_no_machines(
    site: Site, sections: dict[str, Any], prerequisites: Callable[[], Prerequisites]
) -> None:
    ours = plan(program, stack="local", config=configuration(sections))
    existing = on(site, prerequisites)
    assert {a.type.partition(":")[0] for a in existing.resources} <= {
        "foreground",
        "kubernetes",
        "pulumi",
        "site",
    }
    assert {key for key in ours.keys if key[0].startswith("kubernetes:")} == {
        key for key in existing.keys if key[0].startswith("kubernetes:")
    }
    assert not existing.of("Member")


def test_its_objects_are_deleted_one_by_one_as_the_cluster_stays(
    site: Site, prerequisites: Callable[[], Prerequisites]
) -> None:
    existing = on(site, prerequisites)
    assert {a.deleted_with for a in existing.resources} == {None}
    (provider,) = [a for a in existing.resources if a.type == "pulumi:providers:kubernetes"]
    assert provider.inputs["clusterIdentifier"] == "their cluster"
    assert provider.needs == frozenset()


def test_its_volumes_are_those_of_the_given_export(
    site: Site, prerequisites: Callable[[], Prerequisites]
) -> None:
    volumes = on(site, prerequisites).of("PersistentVolume").values()
    assert [volume.inputs["spec"]["nfs"] for volume in volumes] == [
        {"server": "192.0.2.6", "path": "/export/homes"}
    ] * 2


def test_its_dns_is_left_alone_unless_the_site_names_hosts(
    site: Site, prerequisites: Callable[[], Prerequisites]
) -> None:
    assert site.ingress
    assert site.ingress.hosts
    assert on(site, prerequisites).of("ConfigMapPatch")
    ingress = site.ingress.model_copy(update={"hosts": {}})
    without = site.model_copy(update={"ingress": ingress})
    assert not on(without, prerequisites).of("ConfigMapPatch")
    assert on(without, prerequisites, configures_dns=True).of("ConfigMapPatch")


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ({"homes": None}, "notebooks needs an NFS export of the homes, and this site has none"),
        ({"databases": {}}, "notebooks needs a database named hub, and this site has none"),
    ],
)
def test_notebooks_without_homes_or_database_are_refused_and_not_left_out(
    site: Site, prerequisites: Callable[[], Prerequisites], missing: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ForegroundError, match=sentence):
        on(site, prerequisites, **missing)


def test_headroom_without_notebooks_is_refused_and_not_left_out(
    site: Site, prerequisites: Callable[[], Prerequisites]
) -> None:
    without = site.model_copy(update={"notebooks": None})
    with pytest.raises(ForegroundError, match="headroom needs the section notebooks"):
        on(without, prerequisites)
