"""AddressPairs: the Pulumi resource that lets a node's pods send through the node's port.

Neutron drops packets whose source is not the port's own address, unless an address pair allows it.
A port exists before its server, and a node gets its range of pods only when it has joined the
cluster; so this is a resource of its own, after the Member.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from infra import tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_openstack import networking

    from infra.site import Site

    from .servers import Machines

__all__ = ["AddressPairs", "allow_pods"]


class AddressPairs(pulumi.CustomResource):
    """The one range of addresses, besides its own, that may leave a port.

    It is deleted together with its port and never earlier: sessions on a machine that leaves keep
    their network until the member has left. Another range of a new member is an update.

    Args:
        name: Name of the machine.
        cloud: The cloud's name in clouds.yaml.
        port: The port; it must not set address pairs itself.
        pod_cidr: The range of the pods on the machine.
        opts: Pulumi's.
    """

    def __init__(
        self,
        name: str,
        *,
        cloud: str,
        port: networking.Port,
        pod_cidr: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        own = pulumi.ResourceOptions(deleted_with=port, delete_before_replace=True)
        inputs = {"name": name, "cloud": cloud, "portId": port.id, "podCidr": pod_cidr}
        merged = pulumi.ResourceOptions.merge(opts, own)
        super().__init__(tokens.ADDRESS_PAIRS, name, inputs, merged)


def allow_pods(
    site: Site, machines: Machines, ranges: Mapping[str, pulumi.Input[str]]
) -> dict[str, AddressPairs]:
    """Let the port of each node pass its pods; only then do they reach pods of other nodes.

    Args:
        site: The complete site.
        machines: All its machines; storage machines are no nodes.
        ranges: The range of the pods on each machine, by name.
    """
    return {
        name: AddressPairs(name, cloud=site.cloud.entry, port=machine.port, pod_cidr=ranges[name])
        for name, machine in machines.by_name.items()
        if machine.wanted.joins
    }
