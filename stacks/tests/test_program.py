"""Machines and members of a site: which resources the program declares, and in which order."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from infra.outputs import Outputs
from infra.testing import Plan, configuration, id_of, plan, without_overlay
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


def test_the_local_site_has_four_machines_and_what_they_need(site: dict[str, Any]) -> None:
    planned = deployed(site)

    machines = {"control-0", "storage-0", "t4-0", "t4-1"}
    assert (
        set(planned.of("Instance"))
        == set(planned.of("Port"))
        == set(planned.of("Member"))
        == machines
    )
    assert Counter(a.type.rpartition(":")[2] for a in planned.resources) == ONCE | {
        "Network": 2,  # the component, and OpenStack's network in it
        "SecGroup": 2,  # of all machines, and of those that serve the API
        "SecGroupRule": 3,  # SSH, all traffic inside, and the API
        "FloatingIp": 1,  # of the control machine
        "FloatingIpAssociate": 1,
        "Port": 4,
        "Instance": 4,
        "Member": 4,
        "AddressPairs": 3,  # of the machines that are nodes
    }


ONCE = dict.fromkeys(
    (
        *("openstack", "Access", "Machines", "DataVolume"),  # the provider and the components
        *("Subnet", "Router", "RouterInterface", "Keypair", "ServerGroup"),
        *("Volume", "VolumeAttach"),
    ),
    1,
)


def test_one_more_worker_is_a_port_with_its_pairs_a_server_and_a_member(
    site: dict[str, Any],
) -> None:
    two, three = deployed(site), deployed(site, machines={"t4": {"count": 3}})

    assert three.keys - two.keys == {
        ("openstack:networking/port:Port", "t4-2"),
        ("openstack:compute/instance:Instance", "t4-2"),
        ("site:index:Member", "t4-2"),
        ("site:index:AddressPairs", "t4-2"),
    }
    assert two.keys <= three.keys


def test_no_other_resource_changes_when_a_worker_is_added(site: dict[str, Any]) -> None:
    two = {(a.type, a.name): a for a in deployed(site).resources}
    three = {(a.type, a.name): a for a in deployed(site, machines={"t4": {"count": 3}}).resources}
    listed = ("foreground:machines:Machines", "machines")
    assert {key: three[key] for key in two if key != listed} == {
        key: two[key] for key in two if key != listed
    }


def test_the_data_volume_is_protected_and_nothing_else(site: dict[str, Any]) -> None:
    protected = [planned.name for planned in deployed(site).resources if planned.protect]
    assert protected == ["homes"]


def test_the_data_volume_depends_on_nothing_that_is_deleted_before_it(
    site: dict[str, Any],
) -> None:
    assert deployed(site).of("Volume")["homes"].needs == frozenset()


def test_a_site_may_switch_the_protection_of_its_volume_off(site: dict[str, Any]) -> None:
    planned = deployed(site, storage={"protect": False})
    assert [a.name for a in planned.resources if a.protect] == []


def test_only_what_the_site_file_names_is_public(site: dict[str, Any]) -> None:
    planned = deployed(site)

    addresses = planned.of("FloatingIp")
    assert {name: address.inputs["description"] for name, address in addresses.items()} == {
        "control-0": "control-0 of foreground-local"
    }
    opened = {
        (rule.inputs.get("portRangeMin"), rule.inputs.get("remoteIpPrefix"))
        for rule in planned.of("SecGroupRule").values()
    }
    assert opened == {(None, None), (22, "0.0.0.0/0"), (6443, "0.0.0.0/0")}
    ports = planned.of("Port")
    assert id_of("SecGroup", "api") in ports["control-0"].inputs["securityGroupIds"]
    assert id_of("SecGroup", "api") not in ports["t4-0"].inputs["securityGroupIds"]


def test_a_site_may_be_open_to_one_range_of_addresses_only(site: dict[str, Any]) -> None:
    planned = deployed(site, access={"sshFrom": "192.0.2.0/24", "apiFrom": "198.51.100.0/24"})
    ranges = {rule.inputs.get("remoteIpPrefix") for rule in planned.of("SecGroupRule").values()}
    assert ranges == {None, "192.0.2.0/24", "198.51.100.0/24"}


def test_a_member_is_deleted_before_the_resources_of_its_connection(site: dict[str, Any]) -> None:
    planned = deployed(site)
    connection = {
        ("openstack:networking/routerInterface:RouterInterface", "network"),
        ("openstack:networking/secGroupRule:SecGroupRule", "ssh"),
        ("openstack:networking/secGroupRule:SecGroupRule", "inside"),
    }
    for name, member in planned.of("Member").items():
        own = {
            ("openstack:compute/instance:Instance", name),
            ("openstack:networking/port:Port", name),
        }
        assert connection | own <= member.needs
    association = ("openstack:networking/floatingIpAssociate:FloatingIpAssociate", "control-0")
    assert association in planned.of("Member")["control-0"].needs
    attachment = ("openstack:compute/volumeAttach:VolumeAttach", "homes")
    assert attachment in planned.of("Member")["storage-0"].needs


def test_each_member_is_of_its_own_server_and_volume(site: dict[str, Any]) -> None:
    members = deployed(site).of("Member")
    assert {name: member.inputs["serverId"] for name, member in members.items()} == {
        name: id_of("Instance", name) for name in members
    }
    for name in ("t4-0", "t4-1"):
        assert members[name].inputs["control"]["serverId"] == id_of("Instance", "control-0")
    volume = members["storage-0"].inputs["variables"]["storage_volume_id"]
    assert volume == id_of("Volume", "homes")


def test_workers_join_after_the_control_member_and_are_deleted_with_it(
    site: dict[str, Any],
) -> None:
    members = deployed(site).of("Member")
    control = ("site:index:Member", "control-0")
    for name in ("t4-0", "t4-1"):
        assert control in members[name].needs
        assert members[name].deleted_with == control
        assert ("site:index:Member", "t4-1") not in members[name].needs
    assert members["storage-0"].deleted_with is None


def test_the_port_of_each_node_allows_the_pod_range_of_its_own_member_only(
    site: dict[str, Any],
) -> None:
    planned = deployed(site)
    for port in planned.of("Port").values():
        assert "allowedAddressPairs" not in port.inputs
        assert port.ignores == ("allowedAddressPairs",)
    assert set(planned.of("AddressPairs")) == {"control-0", "t4-0", "t4-1"}
    for name, pairs in planned.of("AddressPairs").items():
        assert pairs.inputs == {
            "name": name,
            "cloud": "local",
            "portId": id_of("Port", name),
            "podCidr": f"pods-of-{name}",
        }
        members = {need for need in pairs.needs if need[0] == "site:index:Member"}
        assert members == {("site:index:Member", name)}


def test_address_pairs_are_deleted_with_their_port_and_not_before(site: dict[str, Any]) -> None:
    for name, pairs in deployed(site).of("AddressPairs").items():
        assert pairs.deleted_with == ("openstack:networking/port:Port", name)


def test_no_setting_of_a_machine_has_a_floating_ip(site: dict[str, Any]) -> None:
    members = deployed(site).of("Member")
    public = {
        name for name, planned in members.items() if "floating" in json.dumps(planned.inputs)
    }
    assert public == {"control-0"}
    assert members["control-0"].inputs["publicAddress"] == "floating-of-control-0"
    assert "floating" not in json.dumps(members["control-0"].inputs["variables"])


def test_the_outputs_have_api_machines_and_volume(site: dict[str, Any]) -> None:
    outputs = Outputs.model_validate(deployed(site).outputs)

    assert outputs.api == "https://floating-of-control-0:6443"
    assert outputs.machines["t4-1"].server_id == id_of("Instance", "t4-1")
    assert outputs.storage is not None
    assert outputs.storage.volume_id == id_of("Volume", "homes")
    assert "kubeconfig-of" not in repr(outputs)


def test_a_new_key_is_a_new_key_pair(site: dict[str, Any], tmp_path: Path) -> None:
    first = deployed(site).of("Instance")["t4-0"].inputs["keyPair"]
    (tmp_path / "access-keyFile.pub").write_text("ssh-ed25519 BBBB somebody\n")
    assert deployed(site).of("Instance")["t4-0"].inputs["keyPair"] != first


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ("access-keyFile.pub", "The SSH key's public half cannot be read"),
        ("clouds.yaml", "There is no clouds.yaml"),
    ],
)
def test_a_missing_file_is_reported_in_one_sentence(
    site: dict[str, Any], tmp_path: Path, missing: str, sentence: str
) -> None:
    (tmp_path / missing).unlink()
    with pytest.raises(pulumi.RunError, match=sentence):
        deployed(site)


def test_a_mistake_in_the_site_file_is_reported_in_one_sentence(site: dict[str, Any]) -> None:
    with pytest.raises(
        pulumi.RunError, match=r"machines\.t4\.count: must be at least 0, not '-2'"
    ):
        deployed(site, machines={"t4": {"count": -2}})
