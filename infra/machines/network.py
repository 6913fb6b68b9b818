"""Network component: the site's network and subnet, and a router to the external network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
from pulumi_openstack import networking

from infra import names
from infra.errors import ForegroundError

if TYPE_CHECKING:
    from infra.site import Site

__all__ = ["Network"]


class Network(pulumi.ComponentResource):
    """A network that belongs to the site alone, routed to the cloud's external network.

    Args:
        name: Unique within the stack.
        site: The complete site; its ``cloud`` and ``network`` decide.
        opts: Must carry the provider of the site's cloud.

    Attributes:
        network_id: Id of the network.
        subnet_id: Id of its one subnet.
        router_interface: Without it no floating IP reaches a machine; depend on it.
    """

    network_id: pulumi.Output[str]
    subnet_id: pulumi.Output[str]
    router_interface: pulumi.Resource

    def __init__(self, name: str, site: Site, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("foreground:machines:Network", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        cloud_name = names.in_cloud(site.name)
        network = networking.Network(name, name=cloud_name, opts=child)
        subnet = networking.Subnet(
            name,
            name=cloud_name,
            network_id=network.id,
            cidr=str(site.network.cidr),
            ip_version=4,
            dns_nameservers=[str(server) for server in site.network.dns_servers],
            opts=child,
        )
        router = networking.Router(
            name, name=cloud_name, external_network_id=_external_network(site, self), opts=child
        )
        self.router_interface = networking.RouterInterface(
            name, router_id=router.id, subnet_id=subnet.id, opts=child
        )
        self.network_id, self.subnet_id = network.id, subnet.id
        self.register_outputs({"networkId": self.network_id, "subnetId": self.subnet_id})


def _external_network(site: Site, parent: pulumi.Resource) -> str:
    """Look up the id of the external network.

    It is the first request of a run to the cloud, so a cloud that does not respond fails here.
    """
    wanted = site.cloud.external_network
    try:
        found = networking.get_network(
            name=wanted, external=True, opts=pulumi.InvokeOptions(parent=parent)
        )
    except Exception as error:  # noqa: BLE001 - Pulumi has no narrower class
        lines = [line.strip(" *\t") for line in str(error).splitlines() if line.strip()]
        raise ForegroundError(
            f"The cloud {site.cloud.entry} gives no external network {wanted}: {lines[-1]}",
            f"Type `openstack --os-cloud {site.cloud.entry} network list --external` to see more",
        ) from None
    return str(found.id)
