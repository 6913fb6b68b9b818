"""SiteProvider with Members: updates, replacements, refresh, errors."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from pulumi.provider.experimental import provider as sdk
from pulumi.provider.experimental.property_value import Computed, PropertyValue

from infra.errors import ForegroundError
from infra.operations.operation import OperationContext
from infra.operations.processes import Result
from infra.plugin.provider import SiteProvider
from infra.plugin.types.member import MemberType
from infra.plugin.values import plain, wrapped

if TYPE_CHECKING:
    from pathlib import Path

URN = "urn:pulumi:ci::foreground::site:index:Member::w1"
INPUTS: dict[str, Any] = {
    "name": "w1",
    "role": "worker",
    "serverId": "5f0c",
    "address": "10.0.0.12",
    "control": {"name": "c1", "serverId": "0a1b", "address": "10.0.0.11"},
    "patience": 120,
}
OUTPUTS: dict[str, Any] = {
    "node": "w1",
    "podCidr": "10.93.1.0/24",
    "since": "2026",
    "versions": {},
}
UNKNOWN = PropertyValue(Computed())


async def _silent(_urn: str, _text: str) -> None:
    """Show nothing."""


def provider() -> SiteProvider:
    return SiteProvider([MemberType()], _silent)


def diff(**changed: PropertyValue) -> sdk.DiffResponse:
    """Return the plugin's diff for an existing member with changed inputs."""
    old = {key: wrapped(item) for key, item in (INPUTS | OUTPUTS).items()}
    new = {key: wrapped(item) for key, item in INPUTS.items()} | changed
    request = sdk.DiffRequest(URN, "w1", old, new, [])
    return asyncio.run(provider().diff(request))


def test_equal_inputs_are_no_change_whatever_the_outputs() -> None:
    assert not diff().changes


def test_another_variable_is_an_update_in_place() -> None:
    response = diff(variables=wrapped({"kubernetes_labels": {"a": "b"}}))
    assert (response.changes, response.replaces, response.diffs) == (True, [], ["variables"])


def test_another_digest_of_playbooks_is_an_update_in_place_also_if_there_was_none() -> None:
    response = diff(playbooks=wrapped("5e3f"))
    assert (response.changes, response.replaces, response.diffs) == (True, [], ["playbooks"])


def test_another_server_is_a_replacement_and_the_old_member_leaves_first() -> None:
    response = diff(serverId=wrapped("77aa"))
    assert response.replaces == ["serverId"]
    assert response.delete_before_replace


def test_an_unknown_server_is_a_replacement() -> None:
    assert diff(serverId=UNKNOWN).replaces == ["serverId"]


def test_another_server_of_the_first_control_member_is_a_replacement() -> None:
    control = INPUTS["control"]
    assert diff(control=wrapped(control | {"serverId": "9999"})).replaces == ["control"]
    assert diff(control=wrapped(control | {"address": "10.0.0.99"})).replaces == []


def test_an_unknown_address_is_an_update_in_place() -> None:
    response = diff(publicAddress=UNKNOWN)
    assert (response.replaces, response.diffs) == ([], ["publicAddress"])


def test_a_preview_creates_nothing_and_returns_no_outputs() -> None:
    properties = {key: wrapped(item) for key, item in (INPUTS | OUTPUTS).items()}
    made = asyncio.run(provider().create(sdk.CreateRequest(URN, properties, 0, preview=True)))
    assert made.resource_id == ""
    assert plain(made.properties) == INPUTS


class FixedConnection:
    """A connection that returns the same result for every command."""

    def __init__(self, result: Result) -> None:
        self.inventory_variables: dict[str, Any] = {}
        self.environment: dict[str, str] = {}
        self.result = result

    async def execute(self, _machine: str, *_command: str) -> Result:
        """Return the result."""
        return self.result

    def describe(self, machine: str) -> str:
        """Return the name of the machine."""
        return machine

    async def close(self) -> None:
        """Do nothing."""


def refreshed(tmp_path: Path, status: int, output: str) -> sdk.ReadResponse:
    """Return the result of a refresh, for an exit status and an output of kubectl."""
    connection = FixedConnection(Result(status, output, ""))
    members = MemberType(lambda _: OperationContext(tmp_path, connect=lambda *_: connection))
    inputs = INPUTS | {"access": {"user": "debian", "keyFile": "/key"}}
    state, given = (
        {key: wrapped(item) for key, item in it.items()} for it in (inputs | OUTPUTS, inputs)
    )
    request = sdk.ReadRequest(URN, "w1", state, given)
    return asyncio.run(SiteProvider([members], _silent).read(request))


def test_a_refresh_sees_another_range_of_pods(tmp_path: Path) -> None:
    response = refreshed(tmp_path, 0, '{"spec": {"podCIDR": "10.93.7.0/24"}}')
    assert plain(response.properties)["podCidr"] == "10.93.7.0/24"
    assert "podCidr" not in response.inputs


def test_a_refresh_sees_that_a_member_is_gone(tmp_path: Path) -> None:
    assert refreshed(tmp_path, 0, "").resource_id == ""


def test_a_refresh_keeps_a_member_whose_cluster_does_not_respond(tmp_path: Path) -> None:
    response = refreshed(tmp_path, 1, "")
    assert (response.resource_id, plain(response.properties)["podCidr"]) == ("w1", "10.93.1.0/24")


def test_an_unknown_resource_type_is_one_sentence() -> None:
    urn = "urn:pulumi:ci::foreground::site:index:Moon::m"
    with pytest.raises(ForegroundError, match="no resource type site:index:Moon; it has"):
        asyncio.run(provider().create(sdk.CreateRequest(urn, {}, 0, preview=False)))


def test_invalid_inputs_are_one_sentence_with_every_fault() -> None:
    properties = {"name": wrapped("w1"), "role": wrapped("captain")}
    with pytest.raises(ForegroundError, match=r"role: .*address: |address: .*role: ") as refused:
        asyncio.run(provider().create(sdk.CreateRequest(URN, properties, 0, preview=False)))
    assert "pulumi up" in refused.value.hint


def test_values_survive_the_conversion_and_whole_numbers_stay_whole() -> None:
    data = {"patience": 120, "share": 0.5, "deep": [{"count": 2}], "none": None, "yes": True}
    assert plain({key: wrapped(item) for key, item in data.items()}) == data
    assert isinstance(plain({"patience": wrapped(120)})["patience"], int)
    assert wrapped("k", secret=True).is_secret
