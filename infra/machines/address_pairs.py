"""AddressPairs, as programs ask for them: which pods may send through a machine's port.

A port is made before its machine, and the cluster gives the machine's node its range of pods only
when it has joined; so this is a resource of its own, after the member.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pulumi

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_openstack import networking

    from infra.site import Site

    from .servers import Machines

__all__ = ["AddressPairs", "allow"]

_TOKEN: Final = "site:index:AddressPairs"  # noqa: S105 - a type's name in Pulumi


class AddressPairs(pulumi.CustomResource):
    """The one range besides its own address that may leave a port.

    It goes with its port, and never before: people on a machine that leaves keep their network
    until the member has left. A new member's range is an update.

    Args:
        name: Name of the machine.
        cloud: The cloud's name in clouds.yaml.
        port: The port; it must not say address pairs itself.
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
        super().__init__(_TOKEN, name, inputs, pulumi.ResourceOptions.merge(opts, own))


def allow(
    site: Site, machines: Machines, ranges: Mapping[str, pulumi.Input[str]]
) -> dict[str, AddressPairs]:
    """Let the port of each node pass its pods; only then do they reach those of other nodes.

    Args:
        site: The whole site.
        machines: All its machines; those for storage are no nodes.
        ranges: The range of the pods on each, by machine.
    """
    return {
        name: AddressPairs(name, cloud=site.cloud.entry, port=machine.port, pod_cidr=ranges[name])
        for name, machine in machines.by_name.items()
        if machine.role != "storage"
    }
