"""Queueing: batch takes what people leave, in the order that Kueue decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pulumi
import pulumi_kubernetes as k8s

from infra import accelerators, names
from infra.overlay.base.network_policies import DNS, fence, outside
from infra.overlay.base.target import namespace

from . import kueue
from .admission_rules import lay_down

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.overlay.base.target import Cluster
    from infra.site import Site
    from infra.site.queueing import Queueing as Wanted

__all__ = ["BATCH", "Queueing"]

BATCH: Final = "batch"
"""The ClusterQueue; the namespace of batch; its LocalQueue."""

_API: Final = "kueue.x-k8s.io/v1beta2"
_TOPOLOGY: Final = "machine"
_PLENTY: Final = {"cpu": "100k", "memory": "1Pi"}
"""What is free is known by machine, from the topology; a quota would only say it worse."""


class Queueing(pulumi.ComponentResource):
    """Kueue, one queue of all accelerators, and the rules that batch keeps.

    Args:
        name: Unique within the stack.
        site: The whole site.
        wanted: What it says of this.
        cluster: Where.
        needs: What must stand before: the priority classes.

    Attributes:
        queues: Depend on these before anything is queued.
    """

    queues: list[pulumi.Resource]

    def __init__(
        self,
        name: str,
        site: Site,
        wanted: Wanted,
        cluster: Cluster,
        needs: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__("foreground:overlay:Queueing", name, None, cluster.inside(None))
        self._cluster = cluster
        self._ready = kueue.install(site, wanted.recovery, cluster, self, list(needs))
        lay_down(cluster, self)
        space = namespace(
            BATCH, cluster, self, priority="", pods="baseline", batch="true", queued="true"
        )
        fence(
            "batch",
            BATCH,
            cluster,
            self,
            hears=[],
            says=[DNS, {"to": [outside(site)]}],
            needs=[space],
        )
        self._ask("Topology", _TOPOLOGY, {"levels": [{"nodeLabel": "kubernetes.io/hostname"}]})
        self._ask("WorkloadPriorityClass", "headroom", value=1_000_000)
        flavors = [self._flavor(model) for model in site.cards]
        queue = self._ask("ClusterQueue", BATCH, _queue(site.cards), needs=flavors)
        local = k8s.apiextensions.CustomResource(
            f"{name}-{BATCH}",
            api_version=_API,
            kind="LocalQueue",
            metadata={"name": BATCH, "namespace": BATCH},
            spec={"clusterQueue": BATCH},
            opts=cluster.inside(self, [space, queue]),
        )
        self.queues = [queue, local]
        self.register_outputs({})

    def _flavor(self, model: str) -> pulumi.Resource:
        """Ask for the flavor of one model; by its topology Kueue sees what people took."""
        spec = {"nodeLabels": {names.ACCELERATOR: model}, "topologyName": _TOPOLOGY}
        return self._ask("ResourceFlavor", model, spec)

    def _ask(
        self,
        kind: str,
        title: str,
        spec: dict[str, Any] | None = None,
        needs: Sequence[pulumi.Resource] = (),
        **fields: Any,  # noqa: ANN401 - of the kind
    ) -> pulumi.Resource:
        body = {"apiVersion": _API, "kind": kind, "metadata": {"name": title}, **fields}
        return pulumi.CustomResource(  # the SDK's own knows no field but spec
            f"kubernetes:{_API}:{kind}",
            f"{kind.lower()}-{title}",
            body | ({"spec": spec} if spec else {}),
            self._cluster.inside(self, [self._ready, *needs]),
        )


def _queue(cards: dict[str, int]) -> dict[str, Any]:
    """The one ClusterQueue: every flavor covers every resource that any of them has."""
    resources = {model: accelerators.models()[model].resource for model in cards}
    covered = list(dict.fromkeys(resources.values()))
    flavors = [
        {
            "name": model,
            "resources": [
                *({"name": name, "nominalQuota": quota} for name, quota in _PLENTY.items()),
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
        "resourceGroups": [{"coveredResources": [*_PLENTY, *covered], "flavors": flavors}],
    }
