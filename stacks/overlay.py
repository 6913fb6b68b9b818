"""Overlay of a site: which capabilities run on its cluster, in the order of their dependencies.

A section that the site file does not have adds nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from infra.errors import ForegroundError
from infra.overlay.accelerators.accelerators import Accelerators
from infra.overlay.base.priorities import Priorities
from infra.overlay.base.target import connect
from infra.overlay.headroom.headroom import Headroom
from infra.overlay.ingress.cluster_dns import ClusterDns
from infra.overlay.ingress.ingress import Ingress
from infra.overlay.notebooks.notebooks import Notebooks
from infra.overlay.queueing.queueing import Queueing
from infra.overlay.storage.homes import Homes

if TYPE_CHECKING:
    import pulumi

    from infra.overlay.base.routes import Route
    from infra.overlay.base.target import Target
    from infra.site import Site
    from stacks.prerequisites import Prerequisites

__all__ = ["deploy_overlay"]

_Thing = TypeVar("_Thing")


def deploy_overlay(site: Site, prerequisites: Prerequisites) -> dict[str, Any]:
    """Deploy all capabilities of the site; return their outputs, by field of Outputs."""
    if not site.on_cluster:
        return {}
    target = connect(
        prerequisites.kubeconfig,
        prerequisites.identifier,
        prerequisites.anchor,
        *prerequisites.required,
    )
    target = target.after(*Priorities("priorities", target).classes)
    routes: list[Route] = []
    urls: dict[str, str] = {}
    namespaces: list[pulumi.Resource] = []
    queues: list[pulumi.Resource] = []
    if site.accelerators:
        Accelerators("accelerators", site.accelerators, target)
    if site.queueing:
        queues = Queueing("queueing", site, site.queueing, target).queues
    if site.notebooks:
        hub = _needed(prerequisites.databases.get("hub"), "notebooks", "a database named hub")
        notebooks = Notebooks("notebooks", site, hub, prerequisites.members, target)
        export = _needed(prerequisites.homes, "notebooks", "an NFS export of the homes")
        Homes("homes", site, export, target.after(*notebooks.namespaces, *prerequisites.members))
        routes += notebooks.routes
        urls |= notebooks.urls
        namespaces += notebooks.namespaces
    if site.headroom:
        session = _needed(site.notebooks, "headroom", "the section notebooks")
        Headroom("headroom", site, session, target.after(*queues, *namespaces))
    outputs: dict[str, Any] = {"urls": urls}
    if site.ingress:
        outputs |= _ingress(site, prerequisites, routes, target)
    return outputs


def _ingress(
    site: Site, prerequisites: Prerequisites, routes: list[Route], target: Target
) -> dict[str, Any]:
    """Deploy the ingress with the routes of all capabilities, and its names in the cluster."""
    settings = _needed(site.ingress, "the ingress", "the section ingress")
    ingress = Ingress("ingress", site, settings, routes, target)
    if prerequisites.configures_dns or settings.hosts:
        others = {host: str(address) for host, address in settings.hosts.items()}
        ClusterDns("resolving", {settings.host: ingress.address, **others}, target)
    issuer = {"issuer": site.identity.issuer} if site.identity else {}
    return {"url": settings.url, **issuer}


def _needed(thing: _Thing | None, capability: str, what: str) -> _Thing:
    """Return what a capability needs.

    Raises:
        ForegroundError: There is none.
    """
    if thing is None:
        raise ForegroundError(
            f"{capability} needs {what}, and this site has none",
            f"Add it, or leave out the section {capability}",
        )
    return thing
