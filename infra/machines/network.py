"""Network: where the site's machines meet, and its way out."""

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
    """A network of the site's own, routed to the cloud's external one.

    Args:
        name: Unique within the stack.
        site: The whole site; its ``cloud`` and ``network`` decide.
        opts: Must carry the provider of the site's cloud.

    Attributes:
        network_id: Of the machines' network.
        subnet_id: Of its one subnet.
        way_out: Without it nothing reaches a machine from outside; depend on it.
    """

    network_id: pulumi.Output[str]
    subnet_id: pulumi.Output[str]
    way_out: pulumi.Resource

    def __init__(self, name: str, site: Site, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("foreground:machines:Network", name, None, opts)
        mine = pulumi.ResourceOptions(parent=self)
        called = names.in_cloud(site.name)
        network = networking.Network(name, name=called, opts=mine)
        subnet = networking.Subnet(
            name,
            name=called,
            network_id=network.id,
            cidr=str(site.network.cidr),
            ip_version=4,
            dns_nameservers=[str(server) for server in site.network.dns_servers],
            opts=mine,
        )
        router = networking.Router(
            name, name=called, external_network_id=_external(site, self), opts=mine
        )
        self.way_out = networking.RouterInterface(
            name, router_id=router.id, subnet_id=subnet.id, opts=mine
        )
        self.network_id, self.subnet_id = network.id, subnet.id
        self.register_outputs({"networkId": self.network_id, "subnetId": self.subnet_id})


def _external(site: Site, parent: pulumi.Resource) -> str:
    """Look the external network up; the first word with the cloud, so also the first failure."""
    wanted = site.cloud.external_network
    try:
        found = networking.get_network(
            name=wanted, external=True, opts=pulumi.InvokeOptions(parent=parent)
        )
    except Exception as error:  # noqa: BLE001 - Pulumi knows no narrower one
        said = [line.strip(" *\t") for line in str(error).splitlines() if line.strip()][-1]
        raise ForegroundError(
            f"The cloud {site.cloud.entry} gives no external network {wanted}: {said}",
            f"Type `openstack --os-cloud {site.cloud.entry} network list --external` to see more",
        ) from None
    return str(found.id)
