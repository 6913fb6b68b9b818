"""Headroom component: the placeholder namespace, its LocalQueue, and the keeper Deployment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pulumi

from infra import names
from infra.overlay.base.addresses import SESSIONS
from infra.overlay.base.kueue_objects import kueue_object, local_queue
from infra.overlay.base.namespaces import namespace
from infra.overlay.base.network_policies import Rules, network_policy

from .keeper import KEEPER, keeper
from .placeholder import NAMESPACE, QUEUE, placeholder

if TYPE_CHECKING:
    from infra.overlay.base.target import Target
    from infra.site import Site
    from infra.site.notebooks import Notebooks

__all__ = ["Headroom"]


class Headroom(pulumi.ComponentResource):
    """Placeholders of each accelerator model, and the keeper that replaces evicted ones.

    Args:
        name: Unique within the stack.
        site: The complete site; its section `headroom` has the number of placeholders by model.
        session: The section `notebooks`: a placeholder requests what a session requests.
        target: Where; it must depend on the priority classes, the queues and the namespace of
            sessions.
    """

    def __init__(self, name: str, site: Site, session: Notebooks, target: Target) -> None:
        super().__init__("foreground:overlay:Headroom", name, None, target.component_options)
        target = target.inside(self)
        placeholders = namespace(
            NAMESPACE, target, priority=names.HEADROOM_CLASS, marks=(names.QUEUED,)
        )
        system = namespace(KEEPER, target, priority=names.PLATFORM_CLASS)
        isolated = Rules(ingress=[], egress=[])
        network_policy("headroom", NAMESPACE, isolated, target.after(placeholders))
        network_policy("keeper", KEEPER, Rules(ingress=[]), target.after(system))
        queue = local_queue(f"{name}-queue", QUEUE, NAMESPACE, target.after(placeholders))
        # in 0.1 it belonged to the queueing component
        former = pulumi.create_urn("queueing", "foreground:overlay:Queueing")
        highest = kueue_object(
            "WorkloadPriorityClass", QUEUE, {"value": 1_000_000}, target.moved_from(former)
        )
        ready = target.after(placeholders, system, queue, highest)
        keeper(site.registry, settings(site, session), ready)
        self.register_outputs({})


def settings(site: Site, session: Notebooks) -> str:
    """Return the configuration file of the keeper."""
    models = {
        model: {"count": count, "pod": placeholder(model, session)}
        for model, count in site.warm.items()
    }
    configured = {"namespace": NAMESPACE, "sessions": SESSIONS, "models": models}
    return json.dumps(configured, indent=1, sort_keys=True)
