"""Variables of the Ansible role `storage`: the data volume and the NFS server of the homes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from infra.cluster.host import Host
    from infra.site import Site

__all__ = ["EXPORT", "variables"]

EXPORT: Final = "/srv/foreground/homes"
"""Path of the NFS export of the homes. The role decides it, and a test compares the two."""


def variables(site: Site, host: Host, control: Host) -> dict[str, Any]:  # noqa: ARG001 - as all roles
    """Return the role's variables."""
    return {
        "storage_address": host.address,
        "storage_clients": str(site.network.cidr),
        "storage_volume_id": host.volume_id,
        "storage_server": site.storage.server if site.storage else None,
    }
