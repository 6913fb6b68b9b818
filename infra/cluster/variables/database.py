"""Variables of the Ansible role `database`: PostgreSQL databases and their owners' passwords."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infra.cluster.host import Host
    from infra.site import Site

__all__ = ["variables"]


def variables(site: Site, host: Host, control: Host) -> dict[str, Any]:  # noqa: ARG001 - as all roles
    """Return the role's variables; without databases none, and then the role does not run."""
    if not host.databases:
        return {}
    return {
        "database_address": host.address,
        "database_clients": str(site.network.cidr),
        "database_databases": [
            {"name": name, "password": password} for name, password in host.databases.items()
        ],
    }
