"""site:index:AddressPairs: which pods may send through a port. The cloud does what it asks."""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any, ClassVar

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
        port: Gives a port by its machine's name, its cloud's entry in clouds.yaml and its id.
    """

    token: ClassVar[str] = "site:index:AddressPairs"  # noqa: S105  no password, a type

    def __init__(self, port: Callable[[str, str, str], Port] = Port) -> None:
        self._open = port

    def must_replace(self, old: dict[str, Any], new: dict[str, Any]) -> list[str]:
        """Another port is another resource; another entry in clouds.yaml is only another way."""
        return ["portId"] if old.get("portId") != new.get("portId") else []

    def name(self, properties: Properties) -> str:
        """Id of the port."""
        return str(plain(properties)["portId"])

    async def make(self, call: Call) -> Properties:
        """Let exactly the range pass."""
        range_ = _range(call.properties)
        await call.write(f"letting {range_} pass")
        await asyncio.to_thread(self._port(call).allow, range_)
        return {}

    async def remove(self, call: Call) -> None:
        """Take the range away."""
        await asyncio.to_thread(self._port(call).withdraw)

    async def read(self, call: Call) -> Properties | None:
        """Return what the port lets pass now."""
        pairs = await asyncio.to_thread(self._port(call).pairs)
        if pairs is None:
            return None
        return {**call.properties, "podCidr": wrapped(", ".join(pairs))}

    def _port(self, call: Call) -> Port:
        said = plain(call.properties)
        return self._open(said["name"], said["cloud"], said["portId"])


def _range(properties: Properties) -> str:
    """Return the pods' range as Neutron writes it.

    Raises:
        ForegroundError: The cluster gave none.
    """
    said = plain(properties)
    try:
        return str(IPv4Network(said.get("podCidr") or ""))
    except ValueError:
        raise ForegroundError(
            f"The node {said['name']} has no IPv4 range of pods: {said.get('podCidr') or 'none'}",
            f"Look at `kubectl get node {said['name']} -o yaml`; when its podCIDR is right, "
            "type `pulumi refresh`, then `pulumi up`",
        ) from None
