"""The whole below the overlay: what a site's program asks for, and in which order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from infra import versions
from infra.outputs import Outputs
from infra.testing import Plan, plan
from stacks.__main__ import program

OVERLAY = {
    f"foreground:{section}"
    for section in ("accelerators", "headroom", "identity", "ingress", "notebooks", "queueing")
}
SITES = Path(__file__).resolve().parents[1] / "sites"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a key and a cloud for the site `local`."""
    (tmp_path / "id.pub").write_text("ssh-ed25519 AAAA somebody\n")
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"local": {}}}))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    return tmp_path


def local(here: Path, **sections: dict[str, Any]) -> dict[str, str]:
    """The configuration of the site `local` without overlay, keys of some sections changed."""
    config = yaml.safe_load((SITES / "Pulumi.local.yaml").read_text())["config"]
    config = {key: value for key, value in config.items() if key not in OVERLAY}
    config["foreground:access"]["keyFile"] = str(here / "id")
    for section, keys in sections.items():
        for key, value in keys.items():
            held = config[f"foreground:{section}"]
            held[key] = {**held[key], **value} if isinstance(value, dict) else value
    return {key: json.dumps(value) for key, value in config.items()}


def deployed(here: Path, **sections: dict[str, Any]) -> Plan:
    """What the program asks for."""
    return plan(program, stack="local", config=local(here, **sections))


def test_the_local_site_has_four_machines_and_what_they_stand_on(here: Path) -> None:
    asked = deployed(here)

    machines = {"control-0", "storage-0", "t4-0", "t4-1"}
    assert (
        set(asked.of("Instance")) == set(asked.of("Port")) == set(asked.of("Member")) == machines
    )
    assert len(asked.asked) == 35


def test_one_more_worker_is_a_port_with_its_pairs_a_server_and_a_member(here: Path) -> None:
    two, three = deployed(here), deployed(here, machines={"t4": {"count": 3}})

    assert three.keys - two.keys == {
        ("openstack:networking/port:Port", "t4-2"),
        ("openstack:compute/instance:Instance", "t4-2"),
        ("site:index:Member", "t4-2"),
        ("site:index:AddressPairs", "t4-2"),
    }
    assert two.keys <= three.keys


def test_nothing_changes_for_the_others_when_a_worker_comes(here: Path) -> None:
    two = {(a.type, a.name): a for a in deployed(here).asked}
    three = {(a.type, a.name): a for a in deployed(here, machines={"t4": {"count": 3}}).asked}
    listed = ("foreground:machines:Machines", "machines")
    assert {key: three[key] for key in two if key != listed} == {
        key: two[key] for key in two if key != listed
    }


def test_the_data_volume_is_protected_and_nothing_else(here: Path) -> None:
    protected = [asked.name for asked in deployed(here).asked if asked.protect]
    assert protected == ["homes"]


def test_the_data_volume_stands_on_nothing_that_goes_before_it(here: Path) -> None:
    assert deployed(here).of("Volume")["homes"].needs == frozenset()


def test_a_throw_away_site_may_lose_its_volume(here: Path) -> None:
    asked = deployed(here, storage={"protect": False})
    assert [a.name for a in asked.asked if a.protect] == []


def test_only_what_the_site_says_is_public(here: Path) -> None:
    asked = deployed(here)

    addresses = asked.of("FloatingIp")
    assert {name: address.inputs["description"] for name, address in addresses.items()} == {
        "control-0": "control-0 of foreground-local"
    }
    opened = {
        (rule.inputs.get("portRangeMin"), rule.inputs.get("remoteIpPrefix"))
        for rule in asked.of("SecGroupRule").values()
    }
    assert opened == {(None, None), (22, "0.0.0.0/0"), (6443, "0.0.0.0/0")}
    ports = asked.of("Port")
    assert "api-id" in ports["control-0"].inputs["securityGroupIds"]
    assert "api-id" not in ports["t4-0"].inputs["securityGroupIds"]


def test_a_site_may_open_itself_to_one_range_only(here: Path) -> None:
    asked = deployed(here, access={"sshFrom": "192.0.2.0/24", "apiFrom": "198.51.100.0/24"})
    ranges = {rule.inputs.get("remoteIpPrefix") for rule in asked.of("SecGroupRule").values()}
    assert ranges == {None, "192.0.2.0/24", "198.51.100.0/24"}


def test_a_member_goes_before_anything_that_leads_to_it(here: Path) -> None:
    asked = deployed(here)
    way_in = {
        ("openstack:networking/routerInterface:RouterInterface", "network"),
        ("openstack:networking/secGroupRule:SecGroupRule", "ssh"),
        ("openstack:networking/secGroupRule:SecGroupRule", "inside"),
    }
    for name, member in asked.of("Member").items():
        own = {
            ("openstack:compute/instance:Instance", name),
            ("openstack:networking/port:Port", name),
        }
        assert way_in | own <= member.needs
    association = ("openstack:networking/floatingIpAssociate:FloatingIpAssociate", "control-0")
    assert association in asked.of("Member")["control-0"].needs
    attachment = ("openstack:compute/volumeAttach:VolumeAttach", "homes")
    assert attachment in asked.of("Member")["storage-0"].needs


def test_workers_join_after_control_and_vanish_with_it(here: Path) -> None:
    members = deployed(here).of("Member")
    control = ("site:index:Member", "control-0")
    for name in ("t4-0", "t4-1"):
        assert control in members[name].needs
        assert members[name].deleted_with == control
        assert ("site:index:Member", "t4-1") not in members[name].needs
    assert members["storage-0"].deleted_with is None


def test_each_nodes_port_lets_pass_what_its_own_member_says_and_nothing_else(here: Path) -> None:
    asked = deployed(here)
    for port in asked.of("Port").values():
        assert "allowedAddressPairs" not in port.inputs
        assert port.ignores == ("allowedAddressPairs",)
    assert set(asked.of("AddressPairs")) == {"control-0", "t4-0", "t4-1"}
    for name, pairs in asked.of("AddressPairs").items():
        assert pairs.inputs == {
            "name": name,
            "cloud": "local",
            "portId": f"{name}-id",
            "podCidr": f"pods-of-{name}",
        }
        members = {need for need in pairs.needs if need[0] == "site:index:Member"}
        assert members == {("site:index:Member", name)}


def test_a_machine_that_leaves_keeps_its_network_until_its_port_goes(here: Path) -> None:
    for name, pairs in deployed(here).of("AddressPairs").items():
        assert pairs.deleted_with == ("openstack:networking/port:Port", name)


def test_nothing_inside_reads_a_floating_ip(here: Path) -> None:
    members = deployed(here).of("Member")
    public = {name for name, asked in members.items() if "floating" in json.dumps(asked.inputs)}
    assert public == {"control-0"}
    assert members["control-0"].inputs["publicAddress"] == "floating-of-control-0"
    assert "floating" not in json.dumps(members["control-0"].inputs["variables"])


def test_the_stack_says_of_itself_what_outputs_reads(here: Path) -> None:
    said = Outputs.model_validate(deployed(here).outputs)

    assert said.api == "https://floating-of-control-0:6443"
    assert said.machines["t4-1"].server_id == "t4-1-id"
    assert said.storage is not None
    assert said.storage.volume_id == "homes-id"
    assert "kubeconfig-of" not in repr(said)


def standing(here: Path, **server: str) -> dict[str, dict[str, Any]]:
    """What the stack has once it is up; servers with something else where the test says so."""
    stack = "urn:pulumi:local::foreground"
    kind = f"{stack}::foreground:machines:Machines$openstack:compute/instance:Instance"
    asked = deployed(here)
    made = {f"{kind}::{n}": {**a.inputs, **server} for n, a in asked.of("Instance").items()}
    network = f"{stack}::foreground:machines:Network$openstack:networking/subnet:Subnet"
    made |= {f"{network}::{name}": a.inputs for name, a in asked.of("Subnet").items()}
    for name, member in asked.of("Member").items():
        written = {"kubeconfig": "given out", "versions": {"kubernetes": versions.KUBERNETES}}
        joined = {**member.inputs, "address": "10.77.0.7", **written}
        made[f"{stack}::site:index:Member::{name}"] = joined
    return {urn: {"outputs": outputs} for urn, outputs in made.items()}


def test_workers_are_renewed_one_after_another_each_by_delete_and_create(here: Path) -> None:
    other = {"t4": {"image": "other"}}
    config = local(here, machines=other)
    asked = plan(program, stack="local", config=config, before=standing(here))

    in_order = [a.name for a in asked.asked if a.type.endswith((":Instance", ":Member"))]
    assert in_order == [
        name for each in ("control-0", "storage-0", "t4-0", "t4-1") for name in (each, each)
    ]
    assert asked.of("Instance")["t4-1"].inputs["imageName"] == "other"
    assert all(server.delete_before_replace for server in asked.of("Instance").values())


def test_other_playbooks_change_the_members_and_nothing_else(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = deployed(here)
    monkeypatch.setattr("infra.cluster.member.edition", lambda: "5e3f")
    after = plan(program, stack="local", config=local(here), before=standing(here))

    changed = {a.name for a in after.asked if a not in before.asked}
    assert changed == set(after.of("Member"))
    in_order = [a.name for a in after.asked if a.type.endswith((":Instance", ":Member"))]
    assert in_order == [
        name for each in ("control-0", "storage-0", "t4-0", "t4-1") for name in (each, each)
    ]


@pytest.mark.parametrize(
    ("group", "key", "loss"),
    [
        ("control", "image", "the cluster would go with it"),
        ("control", "flavor", "the cluster would go with it"),
        ("storage", "flavor", "homes and the hub's database would be away"),
    ],
)
def test_what_the_site_has_one_of_is_never_replaced_unasked(
    here: Path, group: str, key: str, loss: str
) -> None:
    config = local(here, machines={group: {key: "other"}})
    with pytest.raises(pulumi.RunError) as refused:
        plan(program, stack="local", config=config, before=standing(here))

    said = str(refused.value)
    assert f"{group}-0 would be replaced, as machines.{group}.{key} is other and was " in said
    assert loss in said
    assert "make down SITE=local" in said


def test_another_key_is_refused_for_all_that_there_is_one_of(here: Path) -> None:
    before = standing(here)
    (here / "id.pub").write_text("ssh-ed25519 BBBB somebody\n")
    with pytest.raises(pulumi.RunError) as refused:
        plan(program, stack="local", config=local(here), before=before)

    assert "control-0 would be replaced, as access.keyFile holds another key" in str(refused.value)
    assert "storage-0 would be replaced, as access.keyFile holds another key" in str(refused.value)


def test_a_cluster_does_not_go_because_a_group_got_another_name(here: Path) -> None:
    before = standing(here)
    machines = json.loads(local(here)["foreground:machines"])
    machines["master"] = machines.pop("control")
    config = {**local(here), "foreground:machines": json.dumps(machines)}
    with pytest.raises(pulumi.RunError, match="control-0 would be replaced by master-0"):
        plan(program, stack="local", config=config, before=before)


def test_a_control_machine_that_never_came_up_may_be_replaced(here: Path) -> None:
    before = standing(here)
    for resource in before.values():
        resource["outputs"].pop("kubeconfig", None)
    config = local(here, machines={"control": {"flavor": "larger"}})
    asked = plan(program, stack="local", config=config, before=before)
    assert asked.of("Instance")["control-0"].inputs["flavorName"] == "larger"


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
def test_what_a_cluster_was_begun_with_stays_while_it_stands(
    here: Path, section: str, key: str, value: str, sentence: str
) -> None:
    config = local(here, **{section: {key: value}})
    assert plan(program, stack="local", config=config).of("Member")
    with pytest.raises(pulumi.RunError) as refused:
        plan(program, stack="local", config=config, before=standing(here))
    assert sentence in str(refused.value)
    assert "make down SITE=local" in str(refused.value)


def test_a_new_key_is_a_new_key_pair(here: Path) -> None:
    first = deployed(here).of("Instance")["t4-0"].inputs["keyPair"]
    (here / "id.pub").write_text("ssh-ed25519 BBBB somebody\n")
    assert deployed(here).of("Instance")["t4-0"].inputs["keyPair"] != first


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ("id.pub", "The SSH key's public half cannot be read"),
        ("clouds.yaml", "There is no clouds.yaml"),
    ],
)
def test_what_is_missing_is_told_in_one_sentence(here: Path, missing: str, sentence: str) -> None:
    (here / missing).unlink()
    with pytest.raises(pulumi.RunError, match=sentence):
        deployed(here)


def test_a_mistake_in_the_site_file_is_told_in_one_sentence(here: Path) -> None:
    with pytest.raises(
        pulumi.RunError, match=r"machines\.t4\.count: must be at least 0, not '-2'"
    ):
        deployed(here, machines={"t4": {"count": -2}})
