"""What a program asks of the plugin, and that plugin and roles understand it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from infra import images
from infra.cluster.member import EXPORT, Host, Member
from infra.cluster.playbooks_digest import edition
from infra.operations.ansible import PLAYBOOKS
from infra.operations.membership import Membership
from infra.site import read_file
from infra.testing import Resource, plan

ROLES = {"base", "runtime", "kubernetes", "network", "storage", "database"}


def members() -> dict[str, Resource]:
    """The members of the site `ci`, each declared alone."""
    site = read_file("ci")
    hosts = {
        machine.name: Host(machine, f"{machine.name}-id", "10.0.0.1", volume_id="volume")
        for machine in site.wanted_machines
    }

    def program() -> None:
        for host in hosts.values():
            control = None if host.wanted.name == "control-0" else hosts["control-0"]
            Member(site, host, control=control)

    return plan(program).of("Member")


def options() -> dict[str, dict[str, Any]]:
    """The variables that the roles declare."""
    declared: dict[str, dict[str, Any]] = {}
    for role in ROLES:
        specs = PLAYBOOKS / "roles" / role / "meta" / "argument_specs.yml"
        declared |= yaml.safe_load(specs.read_text())["argument_specs"]["main"]["options"]
    return declared


def test_the_plugin_understands_what_a_program_asks() -> None:
    understood = {
        name: Membership.model_validate(member.inputs) for name, member in members().items()
    }

    assert understood["control-0"].holds_the_cluster
    assert understood["t4-0"].api_host == "control-0"
    assert understood["storage-0"].control is None
    assert understood["t4-0"].access.jump_host is not None


def test_roles_know_every_variable_that_they_are_told() -> None:
    declared = options()
    for member in members().values():
        assert sorted(member.inputs["variables"].keys() - declared.keys()) == []


@pytest.mark.parametrize(
    ("member", "roles"),
    [("t4-0", {"base", "runtime", "kubernetes", "network"}), ("storage-0", {"base", "storage"})],
)
def test_a_member_is_told_all_that_its_roles_require(member: str, roles: set[str]) -> None:
    required = {
        name
        for name, option in options().items()
        if option.get("required") and name.split("_")[0] in roles
    }
    assert sorted(required - members()[member].inputs["variables"].keys()) == []


def test_every_member_knows_which_playbooks_it_ran() -> None:
    assert {member.inputs["playbooks"] for member in members().values()} == {edition()}


def test_a_worker_has_the_image_of_sessions_before_it_takes_any() -> None:
    told = {name: member.inputs["variables"] for name, member in members().items()}
    session = images.reference(read_file("ci").registry, "notebooks/session")
    assert told["t4-0"]["runtime_images"] == [session]
    others = [name for name, said in told.items() if "runtime_images" not in said]
    assert sorted(others) == ["control-0", "storage-0"]


def test_clients_find_the_homes_where_the_role_exports_them() -> None:
    variables = yaml.safe_load((PLAYBOOKS / "roles/storage/vars/main.yml").read_text())
    homes = variables["storage_homes"].replace("{{ storage_path }}", variables["storage_path"])
    assert homes == EXPORT


def test_the_old_member_leaves_before_the_new_one_joins() -> None:
    assert all(member.delete_before_replace for member in members().values())
