"""The component: the placeholders' namespace and queue, and who keeps them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pulumi
import pulumi_kubernetes as k8s

from infra.overlay.base.network_policies import fence
from infra.overlay.base.places import SESSIONS
from infra.overlay.base.target import namespace

from .keeper import KEEPER, keeper
from .placeholder import QUEUE, placeholder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.overlay.base.target import Cluster
    from infra.site import Site
    from infra.site.notebooks import Notebooks

__all__ = ["NAMESPACE", "Headroom"]

NAMESPACE: Final = "headroom"


class Headroom(pulumi.ComponentResource):
    """Placeholders of each model, and the program that makes them whole again.

    Args:
        name: Unique within the stack.
        site: The whole site; its `headroom` says how many of which model.
        session: What the site says of sessions.
        cluster: Where.
        needs: What must stand before: the queues, the priority classes, the sessions' namespace.
    """

    def __init__(
        self,
        name: str,
        site: Site,
        session: Notebooks,
        cluster: Cluster,
        needs: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__("foreground:overlay:Headroom", name, None, cluster.inside(None))
        space = namespace(NAMESPACE, cluster, self, priority="headroom", queued="true")
        home = namespace(KEEPER, cluster, self, priority="platform")
        fence("headroom", NAMESPACE, cluster, self, hears=[], says=[], needs=[space])
        fence("keeper", KEEPER, cluster, self, hears=[], needs=[home])
        queue = k8s.apiextensions.CustomResource(
            f"{name}-queue",
            api_version="kueue.x-k8s.io/v1beta2",
            kind="LocalQueue",
            metadata={"name": QUEUE, "namespace": NAMESPACE},
            spec={"clusterQueue": "batch"},
            opts=cluster.inside(self, [space, *needs]),
        )
        stands = [home, queue, *needs]
        keeper(site.registry, told(site, session), (NAMESPACE, SESSIONS), cluster, self, stands)
        self.register_outputs({})


def told(site: Site, session: Notebooks) -> str:
    """Return what the keeper reads."""
    models = {
        model: {"count": count, "pod": placeholder(model, session)}
        for model, count in site.warm.items()
    }
    said = {"namespace": NAMESPACE, "sessions": SESSIONS, "models": models}
    return json.dumps(said, indent=1, sort_keys=True)
