"""Machines: the site's servers, each with its port and, where the site says so, a floating IP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pulumi
from pulumi_openstack import compute, networking

from infra import names

from .access import key_pair

if TYPE_CHECKING:
    from infra.site import Site, WantedMachine

    from .access import Access
    from .network import Network

__all__ = ["SERVER", "Machine", "Machines", "Turn", "renewing"]

SERVER: Final = "openstack:compute/instance:Instance"
"""Pulumi's token of a server."""

Turn = Callable[[str, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""Given a machine's name and what it is to be, says in time what it shall be for now."""

_REPLACING: Final = ["flavorName"]
"""The cloud would resize in place, under whoever works there; a member leaves first."""


def renewing(site: Site) -> dict[str, dict[str, str]]:
    """Return, by machine, everything that would replace its server."""
    key = key_pair(site)
    return {
        machine.name: {
            "imageName": machine.group.image,
            "flavorName": machine.group.flavor,
            "keyPair": key,
        }
        for machine in site.wanted_machines
    }


@dataclass(frozen=True)
class Machine:
    """One machine, as the rest of the program sees it.

    Attributes:
        wanted: What the site says of it.
        server: The server.
        port: Its port.
        address: Its address inside the site.
        public_address: Its floating IP; empty where it has none.
        way: What leads to it; whoever logs in must depend on all of this.
    """

    wanted: WantedMachine
    server: compute.Instance
    port: networking.Port
    address: pulumi.Output[str]
    public_address: pulumi.Input[str]
    way: list[pulumi.Resource]

    @property
    def name(self) -> str:
        """Name of the machine, its server, its node."""
        return self.wanted.name

    @property
    def role(self) -> str:
        """What it is for."""
        return self.wanted.role

    @property
    def summary(self) -> dict[str, pulumi.Input[str]]:
        """What the stack says of it, as infra.outputs.Machine reads it."""
        return {"address": self.address, "serverId": self.server.id, "role": self.role}


class Machines(pulumi.ComponentResource):
    """All machines of the site.

    Args:
        name: Unique within the stack.
        site: The whole site.
        network: Where they stand.
        access: How they are reached.
        turn: Whose turn it is to be renewed.
        opts: Must carry the provider of the site's cloud.

    Attributes:
        by_name: The machines; what others need comes first.
    """

    by_name: dict[str, Machine]

    def __init__(  # noqa: PLR0913 - what a machine stands on
        self,
        name: str,
        site: Site,
        *,
        network: Network,
        access: Access,
        turn: Turn,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("foreground:machines:Machines", name, None, opts)
        self._site, self._network, self._access, self._turn = site, network, access, turn
        self._renewing = renewing(site)
        self.by_name = {wanted.name: self._machine(wanted) for wanted in site.wanted_machines}
        self.register_outputs({"names": list(self.by_name)})

    def first(self, role: str) -> Machine:
        """Return the first machine of a role; the site made sure that there is one."""
        return next(machine for machine in self.by_name.values() if machine.role == role)

    def _machine(self, wanted: WantedMachine) -> Machine:
        port = self._port(wanted)
        way: list[pulumi.Resource] = [port, self._network.way_out, *self._access.rules]
        public: pulumi.Input[str] = ""
        if wanted.group.public_address:
            floating = networking.FloatingIp(
                wanted.name,
                pool=self._site.cloud.external_network,
                # it has no name: by this a person, and `infra.recovery`, see whose it is
                description=f"{wanted.name} of {names.in_cloud(self._site.name)}",
                opts=pulumi.ResourceOptions(parent=self),
            )
            public = floating.address
            way.append(
                networking.FloatingIpAssociate(
                    wanted.name,
                    floating_ip=floating.address,
                    port_id=port.id,
                    opts=pulumi.ResourceOptions(parent=self, depends_on=[self._network.way_out]),
                )
            )
        address = port.all_fixed_ips.apply(lambda addresses: addresses[0])
        return Machine(wanted, self._server(wanted, port), port, address, public, way)

    def _port(self, wanted: WantedMachine) -> networking.Port:
        """Ask for a port: its address outlives the server, so a renewed machine keeps it.

        The pods of a node answer from their own addresses, which anti-spoofing must let through.
        Which they are is known only once it joined: `AddressPairs` says it, and not this.
        """
        groups = [self._access.machine_group]
        if wanted.role == "control":
            groups.append(self._access.api_group)
        return networking.Port(
            wanted.name,
            name=wanted.name,
            network_id=self._network.network_id,
            fixed_ips=[{"subnet_id": self._network.subnet_id}],
            security_group_ids=groups,
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["allowedAddressPairs"]),
        )

    def _server(self, wanted: WantedMachine, port: networking.Port) -> compute.Instance:
        """Ask for a server; what would replace it is what `turn` says, when it says it."""
        now: pulumi.Output[Mapping[str, Any]] = pulumi.Output.from_input(
            self._turn(wanted.name, self._renewing[wanted.name])
        )
        return compute.Instance(
            wanted.name,
            name=wanted.name,
            image_name=now["imageName"],
            flavor_name=now["flavorName"],
            key_pair=now["keyPair"],
            networks=[{"port": port.id}],
            scheduler_hints=[{"group": self._access.server_group}],
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[self._network.way_out, self._access.key],
                delete_before_replace=True,
                replace_on_changes=_REPLACING,
                custom_timeouts=pulumi.CustomTimeouts(create="15m", delete="10m"),
            ),
        )
