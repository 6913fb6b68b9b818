"""Settled: what a cluster is begun with, and no update can change while it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from infra.errors import ForegroundError

from .last_state import WAY_BACK, standing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from infra.site import Site

    from .last_state import Have

__all__ = ["refuse_changing"]

_SUBNET: Final = "openstack:networking/subnet:Subnet"


def refuse_changing(site: Site, have: Have) -> None:
    """Refuse, before anything is asked for, what would leave one half of a cluster as it was.

    Args:
        site: The whole site.
        have: What the stack has.

    Raises:
        ForegroundError: It says what the cluster has, what is wanted, and what to type.
    """
    for member in standing("control", have).values():
        for key, old, new in _settled(site, member, have):
            if old and old != new:
                raise ForegroundError(
                    f"{key} is {new}, but the cluster was begun with {old}, and none that stands "
                    "can be changed so yet",
                    WAY_BACK.format(site=site.name),
                )


def _settled(site: Site, member: Mapping[str, Any], have: Have) -> Iterator[tuple[str, Any, str]]:
    """Yield key of the site file, what stands, what is wanted."""
    wanted = site.kubernetes
    told = member.get("variables", {})
    # what was asked for last may have been refused; this is what runs
    runs = (member.get("versions") or {}).get("kubernetes")
    yield "kubernetes.version", runs, wanted.version
    yield "kubernetes.podCidr", told.get("kubernetes_pod_cidr"), str(wanted.pod_cidr)
    yield "kubernetes.serviceCidr", told.get("kubernetes_service_cidr"), str(wanted.service_cidr)
    for (kind, _), subnet in have.items():
        if kind == _SUBNET:
            yield "network.cidr", subnet.get("cidr"), str(site.network.cidr)
