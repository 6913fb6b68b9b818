"""The component: namespaces, who may talk to whom, what keeps the image, hub and proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_kubernetes as k8s

from infra import images, versions
from infra.overlay.base.network_policies import DNS, fence, outside, pods, port
from infra.overlay.base.places import PLATFORM, SESSIONS, Database
from infra.overlay.base.target import namespace
from infra.overlay.storage.homes import homes

from .hub import hub
from .proxy import proxy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.overlay.base.claims import Export
    from infra.overlay.base.target import Cluster
    from infra.site import Site

__all__ = ["Notebooks"]


class Notebooks(pulumi.ComponentResource):
    """JupyterHub.

    Args:
        name: Unique within the stack.
        site: The whole site.
        database: Where the hub keeps what it knows.
        export: Where people keep what is theirs.
        cluster: Where.
        needs: What must stand before: the priority classes, the database, workers with the image.

    Attributes:
        sessions: The namespace of sessions.
    """

    sessions: pulumi.Resource

    def __init__(  # noqa: PLR0913, PLR0917 - what notebooks stand on
        self,
        name: str,
        site: Site,
        database: Database,
        export: Export,
        cluster: Cluster,
        needs: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__("foreground:overlay:Notebooks", name, None, cluster.inside(None))
        self.sessions = namespace(SESSIONS, cluster, self, priority="interactive")
        spaces = [namespace(PLATFORM, cluster, self, priority="platform"), self.sessions]
        stands: list[pulumi.Resource] = [*spaces, *needs]
        _fences(site, cluster, self, spaces)
        _present(site, cluster, self, stands)
        homes(site, export, cluster, self, stands)
        token = proxy(site, cluster, self, stands)
        hub(site, database, token, cluster, self, stands)
        self.register_outputs({})


def _fences(
    site: Site, cluster: Cluster, parent: pulumi.Resource, spaces: Sequence[pulumi.Resource]
) -> None:
    """Sessions reach names, hub, ingress and the world, and hear hub and proxy only."""
    hub_port, proxy_port, api_port, session_port = (port(n) for n in (8081, 8000, 8001, 8888))
    the_hub, the_proxy = pods(PLATFORM, app="hub"), pods(PLATFORM, app="proxy")
    fence("default", PLATFORM, cluster, parent, hears=[], needs=spaces)
    fence(
        "hub",
        PLATFORM,
        cluster,
        parent,
        of={"app": "hub"},
        hears=[{"from_": [the_proxy, pods(SESSIONS)], "ports": [hub_port]}],
        needs=spaces,
    )
    fence(
        "proxy",
        PLATFORM,
        cluster,
        parent,
        of={"app": "proxy"},
        hears=[
            {"from_": [pods("ingress", app="traefik")], "ports": [proxy_port]},
            {"from_": [the_hub], "ports": [api_port]},
        ],
        needs=spaces,
    )
    fence(
        "sessions",
        SESSIONS,
        cluster,
        parent,
        hears=[{"from_": [the_hub, the_proxy], "ports": [session_port]}],
        says=[
            DNS,
            {"to": [the_hub], "ports": [hub_port]},
            {"to": [pods("ingress", app="traefik")], "ports": [port(8443)]},
            {"to": [outside(site)]},
        ],
        needs=spaces,
    )


def _present(
    site: Site, cluster: Cluster, parent: pulumi.Resource, needs: Sequence[pulumi.Resource]
) -> None:
    """Keep the image of sessions on every worker.

    It is there already: a member pulls it before it takes any pod. But kubelet collects images
    that no container has when a disk fills up, and may do so right before a person comes.
    """
    labels = {"app": "session-image"}
    small: Any = {"requests": {"cpu": "1m", "memory": "8Mi"}}
    confined: Any = {"allow_privilege_escalation": False, "capabilities": {"drop": ["ALL"]}}
    k8s.apps.v1.DaemonSet(
        "session-image",
        metadata={"name": "session-image", "namespace": PLATFORM},
        spec={
            "selector": {"match_labels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "priority_class_name": "platform",
                    "automount_service_account_token": False,
                    "termination_grace_period_seconds": 1,
                    "security_context": {
                        "run_as_non_root": True,
                        "run_as_user": 1000,
                        "seccomp_profile": {"type": "RuntimeDefault"},
                    },
                    "init_containers": [
                        {
                            "name": "session",
                            "image": images.reference(site.registry, "notebooks/session"),
                            "command": ["true"],
                            "resources": small,
                            "security_context": confined,
                        }
                    ],
                    "containers": [
                        {
                            "name": "pause",
                            "image": f"registry.k8s.io/pause:{versions.PAUSE}",
                            "resources": small,
                            "security_context": confined,
                        }
                    ],
                },
            },
        },
        opts=cluster.inside(parent, needs),
    )
