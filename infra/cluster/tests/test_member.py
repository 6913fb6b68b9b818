"""Inputs of Members, for a complete site: the plugin and the Ansible roles understand them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from infra import images
from infra.cluster import variables
from infra.cluster.host import Host
from infra.cluster.member import Member
from infra.cluster.playbooks_digest import playbooks_digest
from infra.cluster.variables.storage import EXPORT
from infra.operations.member_inputs import MemberInputs
from infra.site import read_file
from infra.site.values import PLAYBOOKS
from infra.testing import Resource, plan

PASSWORDS = {"hub": "of-the-hub", "other": "of-another"}


def hosts() -> dict[str, Host]:
    """Return the hosts of the site `ci`."""
    return {
        machine.name: Host(
            machine,
            f"{machine.name}-id",
            "10.0.0.1",
            volume_id="volume",
            databases=PASSWORDS if machine.role == "storage" else {},
        )
        for machine in read_file("ci").wanted_machines
    }


def members() -> dict[str, Resource]:
    """Return the registered members of the site `ci`, without any other resource."""
    site, found = read_file("ci"), hosts()

    def program() -> None:
        for host in found.values():
            control = None if host.wanted.name == "control-0" else found["control-0"]
            Member(site, host, control=control)

    return plan(program).of("Member")


def options(role: str) -> dict[str, dict[str, Any]]:
    """Return the options in the argument spec of a role."""
    specs = PLAYBOOKS / "roles" / role / "meta" / "argument_specs.yml"
    found: dict[str, Any] = yaml.safe_load(specs.read_text())["argument_specs"]["main"]
    return dict(found["options"])


def roles(machine: str) -> list[str]:
    """Return the roles whose variables a machine gets, in their order."""
    modules = variables.roles_of(hosts()[machine])
    return [module.__name__.rpartition(".")[2] for module in modules]


@pytest.mark.parametrize(
    ("machine", "group"),
    [("control-0", "control"), ("t4-0", "worker"), ("storage-0", "storage")],
)
def test_a_machine_gets_the_variables_of_the_roles_that_the_playbook_runs_on_it(
    machine: str, group: str
) -> None:
    plays = yaml.safe_load((PLAYBOOKS / "site.yml").read_text())
    run = [r["role"] for play in plays if group in play["hosts"].split(":") for r in play["roles"]]
    assert roles(machine) == run


def test_the_plugin_understands_the_inputs() -> None:
    understood = {
        name: MemberInputs.model_validate(asked.inputs) for name, asked in members().items()
    }

    assert understood["control-0"].serves_the_api
    assert understood["t4-0"].api_host == "control-0"
    assert understood["storage-0"].control is None
    assert understood["t4-0"].access.jump_host is not None


@pytest.mark.parametrize("machine", ["control-0", "t4-0", "storage-0"])
def test_roles_declare_every_variable_that_they_get(machine: str) -> None:
    declared = {name for role in roles(machine) for name in options(role)}
    assert sorted(members()[machine].inputs["variables"].keys() - declared) == []


@pytest.mark.parametrize("machine", ["control-0", "t4-0", "storage-0"])
def test_a_member_gets_every_variable_that_its_roles_require(machine: str) -> None:
    required = {
        name
        for role in roles(machine)
        for name, option in options(role).items()
        if option.get("required")
    }
    assert sorted(required - members()[machine].inputs["variables"].keys()) == []


def test_every_member_has_the_digest_of_its_playbooks() -> None:
    assert {asked.inputs["playbooks"] for asked in members().values()} == {playbooks_digest()}


def test_workers_alone_pull_the_images_that_capabilities_list() -> None:
    site = read_file("ci")
    found = {name: asked.inputs["variables"] for name, asked in members().items()}
    session = images.reference(site.registry, "notebooks/session")
    assert found["t4-0"]["runtime_images"] == [session]
    others = [name for name, variables in found.items() if "runtime_images" not in variables]
    assert sorted(others) == ["control-0", "storage-0"]


def test_the_storage_machine_serves_every_database_with_its_own_password() -> None:
    found = {name: asked.inputs["variables"] for name, asked in members().items()}
    assert found["storage-0"]["database_databases"] == [
        {"name": "hub", "password": "of-the-hub"},
        {"name": "other", "password": "of-another"},
    ]
    assert not [name for name in found["t4-0"] if name.startswith("database_")]


def test_without_databases_the_role_gets_no_variable() -> None:
    site, storage = read_file("ci"), hosts()["storage-0"]
    empty = Host(storage.wanted, "id", "10.0.0.1")
    found = variables.collect(site, empty, empty)
    assert not [name for name in found if name.startswith("database_")]


def test_every_node_pulls_podnet_from_the_registry_of_the_site() -> None:
    podnet = images.reference(read_file("ci").registry, "network/podnet")
    for machine in ("control-0", "t4-0"):
        assert members()[machine].inputs["variables"]["network_podnet_image"] == podnet


def test_clients_mount_the_path_that_the_role_exports() -> None:
    of_role = yaml.safe_load((PLAYBOOKS / "roles/storage/vars/main.yml").read_text())
    homes = of_role["storage_homes"].replace("{{ storage_path }}", of_role["storage_path"])
    assert homes == EXPORT


def test_the_old_member_leaves_before_the_new_one_joins() -> None:
    assert all(asked.delete_before_replace for asked in members().values())
