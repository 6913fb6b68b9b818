"""Notebooks component: JupyterHub with its proxy, and the namespace of people's sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from infra import names
from infra.overlay.base.addresses import PLATFORM, PROXY_URL, SESSIONS
from infra.overlay.base.namespaces import namespace
from infra.overlay.base.routes import Route

from .hub import hub
from .policies import network_policies
from .proxy import proxy
from .session_image import session_image

if TYPE_CHECKING:
    from infra.overlay.base.databases import Database
    from infra.overlay.base.target import Target
    from infra.site import Site

__all__ = ["Notebooks"]


class Notebooks(pulumi.ComponentResource):
    """JupyterHub.

    Args:
        name: Unique within the stack.
        site: The complete site.
        database: The hub's database.
        ready: Members that the workloads depend on: the workers have pulled the session image, and
            the storage machine serves the database.
        target: Where; it must depend on the priority classes.

    Attributes:
        namespaces: The namespaces of platform and sessions, for what else is created in them.
        routes: Routes of the ingress to the proxy.
        urls: The URL that people open.
    """

    namespaces: list[pulumi.Resource]
    routes: list[Route]
    urls: dict[str, str]

    def __init__(
        self,
        name: str,
        site: Site,
        database: Database,
        ready: tuple[pulumi.Resource, ...],
        target: Target,
    ) -> None:
        super().__init__("foreground:overlay:Notebooks", name, None, target.component_options)
        target = target.inside(self)
        self.namespaces = [
            namespace(SESSIONS, target, priority=names.INTERACTIVE_CLASS),
            namespace(PLATFORM, target, priority=names.PLATFORM_CLASS),
        ]
        target = target.after(*self.namespaces)
        network_policies(site, target)
        target = target.after(*ready)
        session_image(site.registry, target)
        hub(site, database, proxy(site.registry, target), target)
        self.routes = [Route(site.ingress.host, PROXY_URL)] if site.ingress else []
        self.urls = {"notebooks": site.ingress.url} if site.ingress else {}
        self.register_outputs({})
