from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from pulumi.provider.experimental import provider as sdk
from pulumi.provider.experimental.property_value import Computed, PropertyValue

from infra.errors import ForegroundError
from infra.operations.operation import Bench
from infra.operations.processes import Ended
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
    """What the plugin says when a member that stands gets these inputs."""
    old = {key: wrapped(item) for key, item in (INPUTS | OUTPUTS).items()}
    new = {key: wrapped(item) for key, item in INPUTS.items()} | changed
    request = sdk.DiffRequest(URN, "w1", old, new, [])
    return asyncio.run(provider().diff(request))


def test_equal_inputs_are_no_change_whatever_was_written_besides() -> None:
    assert not diff().changes


def test_another_variable_is_an_update_in_place() -> None:
    said = diff(variables=wrapped({"kubernetes_labels": {"a": "b"}}))
    assert (said.changes, said.replaces, said.diffs) == (True, [], ["variables"])


def test_other_playbooks_are_an_update_in_place_also_of_a_member_that_knew_none() -> None:
    said = diff(playbooks=wrapped("5e3f"))
    assert (said.changes, said.replaces, said.diffs) == (True, [], ["playbooks"])


def test_another_server_is_a_replacement_and_the_old_member_leaves_first() -> None:
    said = diff(serverId=wrapped("77aa"))
    assert said.replaces == ["serverId"]
    assert said.delete_before_replace


def test_a_server_that_is_not_known_yet_is_another_one() -> None:
    assert diff(serverId=UNKNOWN).replaces == ["serverId"]


def test_another_server_of_the_first_control_member_is_another_cluster() -> None:
    control = INPUTS["control"]
    assert diff(control=wrapped(control | {"serverId": "9999"})).replaces == ["control"]
    assert diff(control=wrapped(control | {"address": "10.0.0.99"})).replaces == []


def test_an_address_that_is_not_known_yet_is_no_other_machine() -> None:
    said = diff(publicAddress=UNKNOWN)
    assert (said.replaces, said.diffs) == ([], ["publicAddress"])


def test_a_preview_makes_nothing_and_promises_nothing() -> None:
    properties = {key: wrapped(item) for key, item in (INPUTS | OUTPUTS).items()}
    made = asyncio.run(provider().create(sdk.CreateRequest(URN, properties, 0, preview=True)))
    assert made.resource_id == ""
    assert plain(made.properties) == INPUTS


class Cluster:
    """The way to a cluster that has one answer to every question."""

    def __init__(self, answer: Ended) -> None:
        self.connection: dict[str, Any] = {}
        self.environment: dict[str, str] = {}
        self.answer = answer

    async def run(self, _machine: str, *_command: str) -> Ended:
        """Answer."""
        return self.answer

    def describe(self, machine: str) -> str:
        """Say where that is."""
        return machine

    async def close(self) -> None:
        """There is nothing to close."""


def refreshed(tmp_path: Path, status: int, said: str) -> sdk.ReadResponse:
    """What a refresh makes of the member, when the cluster answers so."""
    way = Cluster(Ended(status, said, ""))
    members = MemberType(lambda _: Bench(tmp_path, open_way=lambda *_: way))
    inputs = INPUTS | {"access": {"user": "debian", "keyFile": "/key"}}
    state, given = (
        {key: wrapped(item) for key, item in it.items()} for it in (inputs | OUTPUTS, inputs)
    )
    request = sdk.ReadRequest(URN, "w1", state, given)
    return asyncio.run(SiteProvider([members], _silent).read(request))


def test_a_refresh_sees_another_range_of_pods(tmp_path: Path) -> None:
    said = refreshed(tmp_path, 0, '{"spec": {"podCIDR": "10.93.7.0/24"}}')
    assert plain(said.properties)["podCidr"] == "10.93.7.0/24"
    assert "podCidr" not in said.inputs


def test_a_refresh_sees_that_a_member_is_gone(tmp_path: Path) -> None:
    assert refreshed(tmp_path, 0, "").resource_id == ""


def test_a_member_of_a_cluster_that_does_not_answer_is_kept_as_it_was(tmp_path: Path) -> None:
    said = refreshed(tmp_path, 1, "")
    assert (said.resource_id, plain(said.properties)["podCidr"]) == ("w1", "10.93.1.0/24")


def test_a_type_that_the_plugin_does_not_have_is_one_sentence() -> None:
    urn = "urn:pulumi:ci::foreground::site:index:Moon::m"
    with pytest.raises(ForegroundError, match="no resource type site:index:Moon; it has"):
        asyncio.run(provider().create(sdk.CreateRequest(urn, {}, 0, preview=False)))


def test_a_member_that_cannot_be_names_every_fault_and_stands_in_no_state() -> None:
    properties = {"name": wrapped("w1"), "role": wrapped("captain")}
    with pytest.raises(ForegroundError, match=r"role: .*address: |address: .*role: ") as refused:
        asyncio.run(provider().create(sdk.CreateRequest(URN, properties, 0, preview=False)))
    assert "pulumi up" in refused.value.hint


def test_whole_numbers_come_back_as_whole_numbers_and_secrets_stay_secret() -> None:
    data = {"patience": 120, "share": 0.5, "deep": [{"count": 2}], "none": None, "yes": True}
    assert plain({key: wrapped(item) for key, item in data.items()}) == data
    assert isinstance(plain({"patience": wrapped(120)})["patience"], int)
    assert wrapped("k", secret=True).is_secret
