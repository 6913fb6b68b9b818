"""Rules of batch: what makes it sure that batch gives way, at once and without harm to itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra import names
from infra.overlay.base.admission import PODS, deny, rule

if TYPE_CHECKING:
    import pulumi

    from infra.overlay.base.target import Cluster

__all__ = ["lay_down"]

_QUEUE: Final = "kueue.x-k8s.io/queue-name"
_PRIORITY: Final = "kueue.x-k8s.io/priority-class"


def _of_pods(spec: str) -> dict[str, str]:
    """What holds for the pods of batch, wherever their spec stands."""
    containers = f"({spec}.containers + {spec}.?initContainers.orValue([]))"
    return {
        f"{spec}.?terminationGracePeriodSeconds.orValue(30) in [1, 2, 3, 4, 5]": (
            "batch gives way within 5 seconds: terminationGracePeriodSeconds must be 1 to 5"
        ),
        f"{containers}.all(c, !has(c.lifecycle) || !has(c.lifecycle.preStop))": (
            "batch gives way at once: it has no preStop hook"
        ),
        f"{spec}.?priorityClassName.orValue('') == 'batch'": (
            "batch gives way to everybody: priorityClassName must be batch"
        ),
        f"!has({spec}.resourceClaims) || {spec}.resourceClaims.size() == 0": (
            "batch asks for accelerators as resources of a container, not by resourceClaims"
        ),
    }


_ONLY_ITS_QUEUE: Final = {
    f"object.metadata.?labels[?'{_QUEUE}'].orValue('') == 'batch'": (
        f"batch waits in its queue: the label {_QUEUE} must be batch"
    ),
    f"object.metadata.?labels[?'{_PRIORITY}'].orValue('') != 'headroom'": (
        f"what is kept warm for people comes before batch: the label {_PRIORITY} is not headroom"
    ),
}

_OF_JOBS: Final = {
    "object.spec.?podReplacementPolicy.orValue('') == 'Failed'": (
        "two pods of a job never run beside one another: podReplacementPolicy must be Failed"
    ),
    "has(object.spec.podFailurePolicy) && object.spec.podFailurePolicy.rules.exists(r, "
    "r.action == 'Ignore' && has(r.onPodConditions) && r.onPodConditions.exists(p, "
    "p.type == 'DisruptionTarget' && p.status == 'True'))": (
        "to give way is no failure: podFailurePolicy must ignore DisruptionTarget"
    ),
}


def lay_down(cluster: Cluster, parent: pulumi.Resource) -> None:
    """Ask for the policies, on every namespace of batch."""
    jobs = rule("batch", "v1", "jobs")
    everything = {"batch-pods": (PODS, _of_pods("object.spec"))}
    everything["batch-jobs"] = (
        jobs,
        _OF_JOBS | _ONLY_ITS_QUEUE | _of_pods("object.spec.template.spec"),
    )
    budgets = rule("policy", "v1", "poddisruptionbudgets")
    everything["batch-budgets"] = (budgets, {"false": "batch has no PodDisruptionBudget"})
    for name, (about, unless) in everything.items():
        deny(name, cluster, parent, about=about, unless=unless, where=names.BATCH)
