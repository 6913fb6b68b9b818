"""Resource type site:index:AddressPairs: the range of pods that may send through a port."""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any, ClassVar

from infra import tokens
from infra.errors import ForegroundError
from infra.openstack.port import Port
from infra.plugin.resource import Call, ResourceType
from infra.plugin.values import Properties, plain, wrapped

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["AddressPairsType"]


class AddressPairsType(ResourceType):
    """Address pairs of ports.

    Args:
        port: Returns a port; gets the machine's name, the cloud's entry in clouds.yaml, the id.
    """

    token: ClassVar[str] = tokens.ADDRESS_PAIRS

    def __init__(self, port: Callable[[str, str, str], Port] = Port) -> None:
        self._port_of = port

    def must_replace(self, old: dict[str, Any], new: dict[str, Any]) -> list[str]:
        """Replace for another port; another entry in clouds.yaml is the same cloud."""
        return ["portId"] if old.get("portId") != new.get("portId") else []

    def name(self, properties: Properties) -> str:
        """Return the id of the port."""
        return str(plain(properties)["portId"])

    async def make(self, call: Call) -> Properties:
        """Allow exactly the range of the node's pods."""
        range_ = _range(call.properties)
        await call.write(f"allowing {range_}")
        await asyncio.to_thread(self._port(call).allow, range_)
        return {}

    async def remove(self, call: Call) -> None:
        """Allow no range."""
        await asyncio.to_thread(self._port(call).clear)

    async def read(self, call: Call) -> Properties | None:
        """Return the range that the port allows now."""
        pairs = await asyncio.to_thread(self._port(call).pairs)
        if pairs is None:
            return None
        return {**call.properties, "podCidr": wrapped(", ".join(pairs))}

    def _port(self, call: Call) -> Port:
        inputs = plain(call.properties)
        return self._port_of(inputs["name"], inputs["cloud"], inputs["portId"])


def _range(properties: Properties) -> str:
    """Return the range of the pods as Neutron writes it.

    Raises:
        ForegroundError: The cluster gave the node none.
    """
    inputs = plain(properties)
    try:
        return str(IPv4Network(inputs.get("podCidr") or ""))
    except ValueError:
        name, found = inputs["name"], inputs.get("podCidr") or "none"
        raise ForegroundError(
            f"The node {name} has no IPv4 range of pods: {found}",
            f"Look at `kubectl get node {name} -o yaml`; when its podCIDR is right, "
            "type `pulumi refresh`, then `pulumi up`",
        ) from None
