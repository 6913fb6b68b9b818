"""Host: a machine as the program registers its Member: server id, addresses, data volume."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pulumi

from infra import names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.site import WantedMachine

__all__ = ["Host"]


@dataclass(frozen=True)
class Host:
    """A machine that is registered as a Member.

    Attributes:
        wanted: What the site file says about the machine.
        server_id: Id of its OpenStack server; another server is another member.
        address: Its fixed address on the site's network.
        public_address: Floating IP of a control machine, for the kubeconfig; else empty.
        volume_id: Id of the data volume attached to it; else empty.
        databases: Databases to serve on it: name -> password of the owning role.
    """

    wanted: WantedMachine
    server_id: pulumi.Input[str]
    address: pulumi.Input[str]
    public_address: pulumi.Input[str] = ""
    volume_id: pulumi.Input[str] = ""
    databases: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)

    @property
    def api_endpoint(self) -> pulumi.Output[str]:
        """Address and port of the Kubernetes API on this machine, inside the site."""
        return pulumi.Output.concat(self.address, f":{names.API_PORT}")

    def as_ssh_target(self) -> dict[str, pulumi.Input[str]]:
        """Return what the plugin needs to log in to the machine."""
        return {"name": self.wanted.name, "serverId": self.server_id, "address": self.address}
