"""AddressPairs: which changes are an update or a replacement, and what a refresh sees."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from pulumi.provider.experimental import provider as sdk
from pulumi.provider.experimental.property_value import Computed, PropertyValue

from infra.errors import ForegroundError
from infra.openstack.port import Port
from infra.plugin.provider import SiteProvider
from infra.plugin.resource import IncompleteResourceError
from infra.plugin.types.address_pairs import AddressPairsType
from infra.plugin.values import Properties, plain, wrapped

URN = "urn:pulumi:ci::foreground::site:index:AddressPairs::t4-0"
INPUTS = {"name": "t4-0", "cloud": "here", "portId": "p1", "podCidr": "10.93.1.0/24"}
UNKNOWN = PropertyValue(Computed())


@dataclass(frozen=True)
class MemoryPort(Port):
    """A port in memory; if its pairs are None it is gone."""

    held: dict[str, list[str] | None] = field(default_factory=lambda: {"pairs": []})

    def pairs(self) -> list[str] | None:
        """Return the pairs."""
        return self.held["pairs"]

    def allow(self, *ranges: str) -> None:
        """Set the pairs."""
        if self.held["pairs"] is None:
            raise ForegroundError("The port is gone", "Type more")
        self.held["pairs"] = list(ranges)

    def clear(self) -> None:
        """Remove all pairs."""
        if self.held["pairs"] is not None:
            self.held["pairs"] = []


def properties(**changed: Any) -> Properties:  # noqa: ANN401 - any data
    return {key: wrapped(item) for key, item in (INPUTS | changed).items()}


def provider(port: MemoryPort) -> SiteProvider:
    def found(machine: str, entry: str, identity: str) -> Port:
        assert (machine, entry, identity) == ("t4-0", "here", "p1")
        return port

    async def silent(_urn: str, _text: str) -> None:
        """Show nothing."""

    return SiteProvider([AddressPairsType(found)], silent)


@pytest.fixture
def port() -> MemoryPort:
    return MemoryPort("t4-0", "here", "p1")


def diff(port: MemoryPort, new: Properties) -> sdk.DiffResponse:
    request = sdk.DiffRequest(URN, "p1", properties(), new, [])
    return asyncio.run(provider(port).diff(request))


def test_another_range_is_an_update_known_or_not(port: MemoryPort) -> None:
    assert not diff(port, properties()).changes
    for range_ in (wrapped("10.93.2.0/24"), UNKNOWN):
        response = diff(port, properties() | {"podCidr": range_})
        assert (response.diffs, response.replaces) == (["podCidr"], [])


def test_another_port_is_a_replacement_and_another_entry_in_clouds_yaml_is_not(
    port: MemoryPort,
) -> None:
    response = diff(port, properties() | {"portId": UNKNOWN})
    assert (response.replaces, response.delete_before_replace) == (["portId"], True)
    response = diff(port, properties(cloud="there"))
    assert (response.diffs, response.replaces) == (["cloud"], [])


def test_the_id_of_the_port_is_the_id_of_the_resource(port: MemoryPort) -> None:
    request = sdk.CreateRequest(URN, properties(), 0, preview=False)
    made = asyncio.run(provider(port).create(request))
    assert (made.resource_id, plain(made.properties)) == ("p1", INPUTS)
    assert port.held == {"pairs": ["10.93.1.0/24"]}


def test_an_update_sets_the_range_and_a_deletion_leaves_none(port: MemoryPort) -> None:
    port.held["pairs"] = ["10.93.0.0/16"]
    request = sdk.UpdateRequest(
        URN, "p1", properties(podCidr="10.93.0.0/16"), properties(), 0, [], preview=False
    )
    asyncio.run(provider(port).update(request))
    assert port.held == {"pairs": ["10.93.1.0/24"]}

    asyncio.run(provider(port).delete(sdk.DeleteRequest(URN, "p1", properties(), 0)))
    assert port.held == {"pairs": []}


def read(port: MemoryPort) -> sdk.ReadResponse:
    request = sdk.ReadRequest(URN, "p1", properties(), properties())
    return asyncio.run(provider(port).read(request))


def test_a_refresh_sees_changed_pairs_and_the_next_up_updates_them(port: MemoryPort) -> None:
    port.held["pairs"] = ["10.1.1.1", "10.93.0.0/16"]
    response = read(port)
    assert plain(response.properties)["podCidr"] == "10.1.1.1, 10.93.0.0/16"
    assert plain(response.inputs) == plain(response.properties)

    request = sdk.DiffRequest(URN, "p1", response.properties, properties(), [])
    assert asyncio.run(provider(port).diff(request)).diffs == ["podCidr"]


def test_a_refresh_that_finds_no_difference_changes_nothing(port: MemoryPort) -> None:
    port.held["pairs"] = ["10.93.1.0/24"]
    assert plain(read(port).properties) == INPUTS


def test_without_the_port_the_resource_is_gone(port: MemoryPort) -> None:
    port.held["pairs"] = None
    assert read(port).resource_id == ""
    asyncio.run(provider(port).delete(sdk.DeleteRequest(URN, "p1", properties(), 0)))


def test_a_failed_create_is_in_the_state_as_incomplete(port: MemoryPort) -> None:
    port.held["pairs"] = None
    request = sdk.CreateRequest(URN, properties(), 0, preview=False)
    with pytest.raises(IncompleteResourceError, match="The port is gone") as failed:
        asyncio.run(provider(port).create(request))
    assert failed.value.resource_id == "p1"


@pytest.mark.parametrize("range_", [None, "", "everything", "10.93.1.7/24"])
def test_a_node_without_a_range_is_one_sentence(port: MemoryPort, range_: str | None) -> None:
    request = sdk.CreateRequest(URN, properties(podCidr=range_), 0, preview=False)
    with pytest.raises(ForegroundError, match="The node t4-0 has no IPv4 range of pods: "):
        asyncio.run(provider(port).create(request))
    assert port.held == {"pairs": []}
