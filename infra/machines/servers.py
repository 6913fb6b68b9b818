"""Machines component: for each machine a Neutron port, a server, and perhaps a floating IP."""

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

    from .access import ServerAccess
    from .network import Network

__all__ = ["Machines", "ProvisionedMachine", "Turn", "replacing_properties"]

Turn = Callable[[str, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""Waits for a machine's turn in a rolling update.

Takes the machine's name and the wanted properties of its server; returns those to apply now.
"""

_REPLACE_ON_CHANGES: Final = ["flavorName"]
"""The cloud could resize a running server; it is replaced instead, so that the member leaves."""


def replacing_properties(site: Site) -> dict[str, dict[str, str]]:
    """Return the properties that would replace a server if they differ, by machine."""
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
class ProvisionedMachine:
    """The OpenStack resources of one machine.

    Attributes:
        wanted: What the site file says about the machine.
        server: The server.
        port: Its port.
        address: Its fixed address on the site's network.
        public_address: Its floating IP; empty where it has none.
        ssh_needs: All resources that SSH to it needs; whatever logs in depends on them.
    """

    wanted: WantedMachine
    server: compute.Instance
    port: networking.Port
    address: pulumi.Output[str]
    public_address: pulumi.Input[str]
    ssh_needs: list[pulumi.Resource]

    @property
    def name(self) -> str:
        """Name of the machine, its server, its node."""
        return self.wanted.name

    @property
    def role(self) -> str:
        """Role of the machine in the site file."""
        return self.wanted.role

    @property
    def summary(self) -> dict[str, pulumi.Input[str]]:
        """The machine's part of the stack outputs, as infra.outputs.Machine."""
        return {"address": self.address, "serverId": self.server.id, "role": self.role}


class Machines(pulumi.ComponentResource):
    """All machines of the site.

    Args:
        name: Unique within the stack.
        site: The complete site.
        network: The network of their ports.
        access: Key pair, security groups and server group.
        turn: Delays the replacement of a server until it is the machine's turn.
        opts: Must carry the provider of the site's cloud.

    Attributes:
        by_name: The machines; those that others depend on come first.
    """

    by_name: dict[str, ProvisionedMachine]

    def __init__(  # noqa: PLR0913 - all that a machine depends on
        self,
        name: str,
        site: Site,
        *,
        network: Network,
        access: ServerAccess,
        turn: Turn,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("foreground:machines:Machines", name, None, opts)
        self._site, self._network, self._access, self._turn = site, network, access, turn
        self._replacing = replacing_properties(site)
        self.by_name = {wanted.name: self._machine(wanted) for wanted in site.wanted_machines}
        self.register_outputs({"names": list(self.by_name)})

    def first(self, role: str) -> ProvisionedMachine:
        """Return the first machine of a role; checks of the site file ensure that there is one."""
        return next(machine for machine in self.by_name.values() if machine.role == role)

    def _machine(self, wanted: WantedMachine) -> ProvisionedMachine:
        port = self._port(wanted)
        interface = self._network.router_interface
        ssh_needs: list[pulumi.Resource] = [port, interface, *self._access.rules]
        public_address: pulumi.Input[str] = ""
        if wanted.group.public_address:
            public_address, association = self._floating_ip(wanted, port)
            ssh_needs.append(association)
        address = port.all_fixed_ips.apply(lambda addresses: addresses[0])
        server = self._server(wanted, port)
        return ProvisionedMachine(wanted, server, port, address, public_address, ssh_needs)

    def _floating_ip(
        self, wanted: WantedMachine, port: networking.Port
    ) -> tuple[pulumi.Output[str], networking.FloatingIpAssociate]:
        """Register a floating IP for a port; return the address and the association."""
        floating = networking.FloatingIp(
            wanted.name,
            pool=self._site.cloud.external_network,
            # a floating IP has no name: people and `infra.recovery` identify it by this text
            description=f"{wanted.name} of {names.in_cloud(self._site.name)}",
            opts=pulumi.ResourceOptions(parent=self),
        )
        association = networking.FloatingIpAssociate(
            wanted.name,
            floating_ip=floating.address,
            port_id=port.id,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self._network.router_interface]),
        )
        return floating.address, association

    def _port(self, wanted: WantedMachine) -> networking.Port:
        """Register a port: its address outlives the server, so a replaced machine keeps it.

        Pods send from their own addresses, which the port must allow. Their range is known only
        when the node has joined: the resource AddressPairs sets it, not this one.
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
        """Register a server; `turn` resolves the properties that would replace it."""
        now: pulumi.Output[Mapping[str, Any]] = pulumi.Output.from_input(
            self._turn(wanted.name, self._replacing[wanted.name])
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
                depends_on=[self._network.router_interface, self._access.key],
                delete_before_replace=True,
                replace_on_changes=_REPLACE_ON_CHANGES,
                custom_timeouts=pulumi.CustomTimeouts(create="15m", delete="10m"),
            ),
        )
