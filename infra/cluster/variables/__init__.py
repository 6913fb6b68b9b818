"""Variables of the Ansible roles: one module per role, collected for one machine.

Each module has one function `variables(site, host, control)`, whose keys are the options of the
role's argument spec. The role `leave` has no module: its variables are known only when a machine
leaves, so infra/operations/leave.py gives them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import base, database, kubernetes, network, runtime, storage

if TYPE_CHECKING:
    from types import ModuleType

    from infra.cluster.host import Host
    from infra.site import Site

__all__ = ["collect", "roles_of"]


def roles_of(host: Host) -> tuple[ModuleType, ...]:
    """Return the modules of the roles that playbooks/site.yml runs on a machine."""
    if host.wanted.joins:
        return base, runtime, kubernetes, network
    return base, storage, database


def collect(site: Site, host: Host, control: Host) -> dict[str, Any]:
    """Return all variables of a machine's roles; an empty one is left out.

    Args:
        site: The complete site.
        host: The machine.
        control: The machine that serves the Kubernetes API; it may be ``host`` itself.
    """
    found: dict[str, Any] = {}
    for role in roles_of(host):
        found |= role.variables(site, host, control)
    return {name: value for name, value in found.items() if value not in (None, "")}
