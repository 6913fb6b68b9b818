"""Updates of a deployed site: rolling replacement, and the changes that are refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from infra import versions
from infra.testing import Plan, configuration, plan, without_overlay
from stacks.__main__ import program

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def site(sections: dict[str, Any]) -> dict[str, Any]:
    """The site `local` without overlay, by section."""
    return without_overlay(sections)


def deployed(site: dict[str, Any], **sections: dict[str, Any]) -> Plan:
    """The plan of the program."""
    return plan(program, stack="local", config=configuration(site, **sections))


def deployed_state(site: dict[str, Any], **server: str) -> dict[str, dict[str, Any]]:
    """The state of a deployed site, with some inputs of all servers changed."""
    stack = "urn:pulumi:local::foreground"
    kind = f"{stack}::foreground:machines:Machines$openstack:compute/instance:Instance"
    planned = deployed(site)
    made = {f"{kind}::{n}": {**a.inputs, **server} for n, a in planned.of("Instance").items()}
    network = f"{stack}::foreground:machines:Network$openstack:networking/subnet:Subnet"
    made |= {f"{network}::{name}": a.inputs for name, a in planned.of("Subnet").items()}
    for name, member in planned.of("Member").items():
        written = {"kubeconfig": "given out", "versions": {"kubernetes": versions.KUBERNETES}}
        joined = {**member.inputs, "address": "10.77.0.7", **written}
        made[f"{stack}::site:index:Member::{name}"] = joined
    return {urn: {"outputs": outputs} for urn, outputs in made.items()}


def test_workers_are_replaced_one_after_another_and_deleted_first(
    site: dict[str, Any],
) -> None:
    other = {"t4": {"image": "other"}}
    config = configuration(site, machines=other)
    planned = plan(program, stack="local", config=config, before=deployed_state(site))

    in_order = [a.name for a in planned.resources if a.type.endswith((":Instance", ":Member"))]
    assert in_order == [
        name for each in ("control-0", "storage-0", "t4-0", "t4-1") for name in (each, each)
    ]
    assert planned.of("Instance")["t4-1"].inputs["imageName"] == "other"
    assert all(server.delete_before_replace for server in planned.of("Instance").values())


def test_other_playbooks_change_the_members_and_nothing_else(
    site: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = deployed(site)
    monkeypatch.setattr("infra.cluster.member.playbooks_digest", lambda: "5e3f")
    after = plan(program, stack="local", config=configuration(site), before=deployed_state(site))

    changed = {a.name for a in after.resources if a not in before.resources}
    assert changed == set(after.of("Member"))
    in_order = [a.name for a in after.resources if a.type.endswith((":Instance", ":Member"))]
    assert in_order == [
        name for each in ("control-0", "storage-0", "t4-0", "t4-1") for name in (each, each)
    ]


@pytest.mark.parametrize(
    ("group", "key", "loss"),
    [
        ("control", "image", "the cluster would go with it"),
        ("control", "flavor", "the cluster would go with it"),
        ("storage", "flavor", "homes and databases would be unavailable"),
    ],
)
def test_a_machine_that_is_the_only_one_of_its_role_is_never_replaced(
    site: dict[str, Any], group: str, key: str, loss: str
) -> None:
    config = configuration(site, machines={group: {key: "other"}})
    with pytest.raises(pulumi.RunError) as refused:
        plan(program, stack="local", config=config, before=deployed_state(site))

    message = str(refused.value)
    assert f"{group}-0 would be replaced, as machines.{group}.{key} is other and was " in message
    assert loss in message
    assert "make down SITE=local" in message


def test_another_key_is_refused_for_each_only_machine_of_its_role(
    site: dict[str, Any], tmp_path: Path
) -> None:
    before = deployed_state(site)
    (tmp_path / "access-keyFile.pub").write_text("ssh-ed25519 BBBB somebody\n")
    with pytest.raises(pulumi.RunError) as refused:
        plan(program, stack="local", config=configuration(site), before=before)

    assert "control-0 would be replaced, as access.keyFile holds another key" in str(refused.value)
    assert "storage-0 would be replaced, as access.keyFile holds another key" in str(refused.value)


def test_a_control_group_with_another_name_is_refused(site: dict[str, Any]) -> None:
    before = deployed_state(site)
    machines = json.loads(configuration(site)["foreground:machines"])
    machines["master"] = machines.pop("control")
    config = {**configuration(site), "foreground:machines": json.dumps(machines)}
    with pytest.raises(pulumi.RunError, match="control-0 would be replaced by master-0"):
        plan(program, stack="local", config=config, before=before)


def test_a_control_machine_without_a_cluster_may_be_replaced(site: dict[str, Any]) -> None:
    before = deployed_state(site)
    for resource in before.values():
        resource["outputs"].pop("kubeconfig", None)
    config = configuration(site, machines={"control": {"flavor": "larger"}})
    planned = plan(program, stack="local", config=config, before=before)
    assert planned.of("Instance")["control-0"].inputs["flavorName"] == "larger"


@pytest.mark.parametrize(
    ("section", "key", "value", "sentence"),
    [
        (
            "kubernetes",
            "version",
            "1.99.0",
            f"kubernetes.version is 1.99.0, but the cluster was begun with {versions.KUBERNETES}",
        ),
        (
            "kubernetes",
            "podCidr",
            "10.9.0.0/16",
            "kubernetes.podCidr is 10.9.0.0/16, but the clus",
        ),
        ("network", "cidr", "10.8.0.0/24", "network.cidr is 10.8.0.0/24, but the cluster was beg"),
        ("network", "cidr", "10.77.0.0/22", "network.cidr is 10.77.0.0/22, but the cluster was b"),
    ],
)
def test_a_setting_that_the_cluster_was_created_with_cannot_change(
    site: dict[str, Any], section: str, key: str, value: str, sentence: str
) -> None:
    config = configuration(site, **{section: {key: value}})
    assert plan(program, stack="local", config=config).of("Member")
    with pytest.raises(pulumi.RunError) as refused:
        plan(program, stack="local", config=config, before=deployed_state(site))
    assert sentence in str(refused.value)
    assert "make down SITE=local" in str(refused.value)
