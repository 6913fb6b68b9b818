"""The overlay of a site by its sections: which resources, in which order, with which outputs."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest
from pulumi.runtime.rpc import unwrap_rpc_secret

from infra import names
from infra.outputs import Outputs
from infra.site import Site, read
from infra.testing import Plan, configuration, plan, without_overlay
from stacks.__main__ import program


def deployed(sections: dict[str, Any], *without: str) -> Plan:
    """The plan of the program, with some sections left out."""
    kept = {key: value for key, value in sections.items() if key not in without}
    return plan(program, stack="local", config=configuration(kept))


def test_the_site_of_these_tests_has_every_optional_section(sections: dict[str, Any]) -> None:
    site = read("local", sections)
    optional = {name for name, field in Site.model_fields.items() if field.default is None}
    assert [name for name in optional if getattr(site, name) is None] == []
    assert set(site.on_cluster) <= set(site.capabilities) <= optional


def test_without_its_sections_there_is_no_overlay(sections: dict[str, Any]) -> None:
    planned = plan(program, stack="local", config=configuration(without_overlay(sections)))
    assert not [a.type for a in planned.resources if a.type.startswith("kubernetes:")]
    assert not planned.of("Secret")


def test_batch_alone_is_no_notebooks(sections: dict[str, Any]) -> None:
    alone = without_overlay(sections) | {"queueing": sections["queueing"]}
    planned = deployed(alone)
    assert set(planned.of("Namespace")) == {"kueue-system", "batch"}
    assert not planned.of("Deployment")


def test_the_whole_overlay_is_deleted_with_the_control_member(sections: dict[str, Any]) -> None:
    inside = [a for a in deployed(sections).resources if a.type.startswith("kubernetes:")]
    assert len(inside) > 40
    assert {a.deleted_with for a in inside} == {("site:index:Member", "control-0")}


def test_a_new_kubeconfig_replaces_nothing(sections: dict[str, Any]) -> None:
    (provider,) = [
        a for a in deployed(sections).resources if a.type == "pulumi:providers:kubernetes"
    ]
    assert provider.inputs["clusterIdentifier"] == "instance:control-0"


def test_nothing_is_created_in_a_cluster_before_pods_of_all_nodes_can_connect(
    sections: dict[str, Any],
) -> None:
    planned = deployed(sections)
    (provider,) = [a for a in planned.resources if a.type == "pulumi:providers:kubernetes"]
    pairs = {("site:index:AddressPairs", name) for name in ("control-0", "t4-0", "t4-1")}
    assert pairs <= provider.needs


def test_the_hub_waits_for_its_database_and_has_its_password(sections: dict[str, Any]) -> None:
    planned = deployed(sections)
    assert ("site:index:Member", "storage-0") in planned.of("Deployment")["hub"].needs
    (password,) = [
        a for a in planned.resources if a.type == "site:index:Secret" and a.name == "database"
    ]
    assert password.inputs == {"name": "database"}
    of_hub = unwrap_rpc_secret(planned.of("Secret")["hub-secrets"].inputs["stringData"])
    assert unwrap_rpc_secret(of_hub["database"]) == "value-of-database"
    members = {
        name: json.dumps(member.inputs, default=str)
        for name, member in planned.of("Member").items()
    }
    assert [name for name, text in members.items() if "value-of-database" in text] == ["storage-0"]


def test_sessions_get_a_new_image_only_when_every_worker_has_it(sections: dict[str, Any]) -> None:
    planned = deployed(sections)
    pulled = [planned.of("Member")[name].inputs["variables"] for name in ("t4-0", "t4-1")]
    (image,) = {image for variables in pulled for image in variables["runtime_images"]}
    settings = planned.of("ConfigMap")["hub-config"].inputs["data"]["settings.json"]
    assert image in settings
    for kind, name in (("ConfigMap", "hub-config"), ("Deployment", "hub")):
        needs = planned.of(kind)[name].needs
        assert {("site:index:Member", "t4-0"), ("site:index:Member", "t4-1")} <= needs


def test_namespaces_do_not_wait_for_members(sections: dict[str, Any]) -> None:
    for namespace in deployed(sections).of("Namespace").values():
        assert not [need for need in namespace.needs if need[0] == "site:index:Member"]


def test_the_homes_wait_for_the_machine_that_exports_them(sections: dict[str, Any]) -> None:
    volumes = deployed(sections).of("PersistentVolume")
    assert set(volumes) == {"platform-homes", "sessions-homes"}
    for volume in volumes.values():
        assert ("site:index:Member", "storage-0") in volume.needs


def test_headroom_waits_for_the_queues_and_the_namespace_of_sessions(
    sections: dict[str, Any],
) -> None:
    keeper = deployed(sections).of("Deployment")["headroom-keeper"]
    assert {
        ("kubernetes:kueue.x-k8s.io/v1beta2:ClusterQueue", "clusterqueue-batch"),
        ("kubernetes:core/v1:Namespace", "sessions"),
    } <= keeper.needs


def test_kueue_manages_batch_and_headroom_only(sections: dict[str, Any]) -> None:
    labelled = {
        name: space.inputs["metadata"]["labels"]
        for name, space in deployed(sections).of("Namespace").items()
    }
    queued = {name for name, labels in labelled.items() if names.QUEUED in labels}
    assert queued == {"batch", "headroom"}
    assert {name for name, labels in labelled.items() if names.BATCH in labels} == {"batch"}


def test_no_pod_that_sessions_need_is_ever_evicted(sections: dict[str, Any]) -> None:
    planned = deployed(sections)
    classes = {
        name: a.inputs["spec"]["template"]["spec"]["priorityClassName"]
        for kind in ("Deployment", "DaemonSet")
        for name, a in planned.of(kind).items()
    }
    assert classes.pop("accelerators") == "system-node-critical"
    assert set(classes.values()) == {"platform"}
    assert classes.keys() >= {
        "headroom-keeper",
        "homes",
        "hub",
        "ingress",
        "proxy",
        "session-image",
    }


def test_every_object_of_kueue_has_its_newest_api_version(sections: dict[str, Any]) -> None:
    objects = [a for a in deployed(sections).resources if "kueue.x-k8s.io" in a.type]
    assert {a.inputs["apiVersion"] for a in objects} == {"kueue.x-k8s.io/v1beta2"}
    assert len(objects) >= 6


def test_the_url_is_open_and_exported(sections: dict[str, Any]) -> None:
    planned = deployed(sections)
    assert planned.of("SecGroupRule")["ingress"].inputs["portRangeMin"] == 8443
    outputs = Outputs.model_validate(planned.outputs)
    assert (outputs.url, outputs.issuer) == ("https://hub.example:8443", "https://iam.example")
    assert outputs.urls == {"notebooks": "https://hub.example:8443"}


@pytest.mark.parametrize(
    ("without", "sentence"),
    [
        ("identity", "notebooks: needs identity as well"),
        ("queueing", "headroom: needs queueing as well"),
        ("notebooks", "headroom: needs notebooks as well"),
    ],
)
def test_a_section_that_another_one_needs_is_named_in_one_sentence(
    sections: dict[str, Any], without: str, sentence: str
) -> None:
    with pytest.raises(pulumi.RunError, match=sentence):
        deployed(sections, without)


def test_headroom_of_a_model_that_no_machine_has_is_refused(sections: dict[str, Any]) -> None:
    sections["headroom"] = {"a30": 1}
    with pytest.raises(pulumi.RunError, match="headroom: no machine has a a30"):
        deployed(sections)
