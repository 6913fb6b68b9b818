"""Queueing component: Kueue, the namespace of batch, and one queue of all accelerators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pulumi

from infra import accelerators, names
from infra.overlay.base.addresses import BATCH_QUEUE
from infra.overlay.base.kueue_objects import kueue_object, local_queue
from infra.overlay.base.namespaces import namespace
from infra.overlay.base.network_policies import DNS, Rules, allow_to, internet, network_policy

from . import kueue
from .admission_rules import batch_policies

if TYPE_CHECKING:
    from infra.overlay.base.target import Target
    from infra.site import Site
    from infra.site.queueing import Queueing as Settings

__all__ = ["Queueing"]

_TOPOLOGY: Final = "machine"
_UNLIMITED: Final = {"cpu": "100k", "memory": "1Pi"}
"""Quotas that are never reached: by the topology Kueue knows what is free on each node."""


class Queueing(pulumi.ComponentResource):
    """Kueue, one ClusterQueue of all accelerators, and the admission policies for batch.

    Args:
        name: Unique within the stack.
        site: The complete site.
        settings: Its section `queueing`.
        target: Where; it must depend on the priority classes.

    Attributes:
        queues: The queues; another LocalQueue of the same ClusterQueue must depend on them, and
            every other object of Kueue.
    """

    queues: list[pulumi.Resource]

    def __init__(self, name: str, site: Site, settings: Settings, target: Target) -> None:
        super().__init__("foreground:overlay:Queueing", name, None, target.component_options)
        target = target.inside(self)
        ready = target.after(kueue.install(site, settings.recovery, target))
        batch_policies(target)
        batch = namespace(
            BATCH_QUEUE, target, security="baseline", marks=(names.BATCH, names.QUEUED)
        )
        rules = Rules(ingress=[], egress=[DNS, allow_to(internet(site))])
        network_policy("batch", BATCH_QUEUE, rules, target.after(batch))
        levels = [{"nodeLabel": "kubernetes.io/hostname"}]
        kueue_object("Topology", _TOPOLOGY, {"spec": {"levels": levels}}, ready)
        flavors = [_flavor(model, ready) for model in site.cards]
        spec = {"spec": _queue(site.cards)}
        queue = kueue_object("ClusterQueue", BATCH_QUEUE, spec, ready.after(*flavors))
        local = local_queue(
            f"{name}-{BATCH_QUEUE}", BATCH_QUEUE, BATCH_QUEUE, target.after(batch, queue)
        )
        self.queues = [queue, local]
        self.register_outputs({})


def _flavor(model: str, target: Target) -> pulumi.Resource:
    """Create the flavor of one model; with its topology Kueue counts the pods of people too."""
    spec = {"nodeLabels": {names.ACCELERATOR: model}, "topologyName": _TOPOLOGY}
    return kueue_object("ResourceFlavor", model, {"spec": spec}, target)


def _queue(cards: dict[str, int]) -> dict[str, Any]:
    """Return the spec of the ClusterQueue: every flavor covers the resources of all flavors."""
    resources = {model: accelerators.models()[model].resource for model in cards}
    covered = list(dict.fromkeys(resources.values()))
    flavors = [
        {
            "name": model,
            "resources": [
                *({"name": name, "nominalQuota": quota} for name, quota in _UNLIMITED.items()),
                *(
                    {"name": name, "nominalQuota": str(count if resources[model] == name else 0)}
                    for name in covered
                ),
            ],
        }
        for model, count in cards.items()
    ]
    return {
        "queueingStrategy": "BestEffortFIFO",
        "namespaceSelector": kueue.QUEUED,
        "preemption": {"withinClusterQueue": "LowerPriority"},
        "resourceGroups": [{"coveredResources": [*_UNLIMITED, *covered], "flavors": flavors}],
    }
