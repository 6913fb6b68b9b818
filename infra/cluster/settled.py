"""Settled: what a cluster is begun with, and no update can change while it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from infra.errors import ForegroundError

from .member import TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from infra.site import Site

    from .recorded import Have

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
    for (kind, _), member in have.items():
        if kind == TOKEN and member.get("role") == "control" and member.get("kubeconfig"):
            for key, old, new in _settled(site, member, have):
                raise ForegroundError(
                    f"{key} is {new}, but the cluster was begun with {old}, and none that stands "
                    "can be changed so yet",
                    f"Put the old value back, or take the site down and up again: "
                    f"`make down SITE={site.name}` keeps the volume",
                )


def _settled(site: Site, member: Mapping[str, Any], have: Have) -> Iterator[tuple[str, str, str]]:
    """Yield what differs: key of the site file, old value, new value."""
    told = member.get("variables", {})
    had = {
        # what was asked for last may have been refused; this is what runs
        "kubernetes.version": (member.get("versions") or {}).get("kubernetes"),
        "kubernetes.podCidr": told.get("kubernetes_pod_cidr"),
        "kubernetes.serviceCidr": told.get("kubernetes_service_cidr"),
    }
    wanted = {
        "kubernetes.version": site.kubernetes.version,
        "kubernetes.podCidr": str(site.kubernetes.pod_cidr),
        "kubernetes.serviceCidr": str(site.kubernetes.service_cidr),
    }
    for key, old in had.items():
        if old and old != wanted[key]:
            yield key, old, wanted[key]
    subnets = [subnet for (kind, _), subnet in have.items() if kind == _SUBNET]
    for old in {subnet.get("cidr") for subnet in subnets} - {str(site.network.cidr)}:
        yield "network.cidr", str(old), str(site.network.cidr)
