"""Admission policies for batch: CEL rules that make every batch job evictable at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra import names
from infra.overlay.base.addresses import BATCH_QUEUE
from infra.overlay.base.admission import PODS, deny_unless, requests

if TYPE_CHECKING:
    from infra.overlay.base.target import Target

__all__ = ["batch_policies"]

_QUEUE: Final = "kueue.x-k8s.io/queue-name"
_PRIORITY: Final = "kueue.x-k8s.io/priority-class"


def _of_pods(spec: str) -> dict[str, str]:
    """Return the rules for a pod spec, given the CEL path of the spec."""
    containers = f"({spec}.containers + {spec}.?initContainers.orValue([]))"
    return {
        f"{spec}.?terminationGracePeriodSeconds.orValue(30) in [1, 2, 3, 4, 5]": (
            "batch gives way within 5 seconds: terminationGracePeriodSeconds must be 1 to 5"
        ),
        f"{containers}.all(c, !has(c.lifecycle) || !has(c.lifecycle.preStop))": (
            "batch gives way at once: it has no preStop hook"
        ),
        f"{spec}.?priorityClassName.orValue('') == '{names.BATCH_CLASS}'": (
            "batch gives way to everybody: priorityClassName must be batch"
        ),
        f"!has({spec}.resourceClaims) || {spec}.resourceClaims.size() == 0": (
            "batch requests accelerators as resources of a container, not by resourceClaims"
        ),
    }


_ONLY_ITS_QUEUE: Final = {
    f"object.metadata.?labels[?'{_QUEUE}'].orValue('') == '{BATCH_QUEUE}'": (
        f"batch waits in its queue: the label {_QUEUE} must be batch"
    ),
    f"!(object.metadata.?labels[?'{_PRIORITY}'].orValue('') in {list(names.GUARDED_CLASSES)})": (
        f"batch comes last in the queue: the label {_PRIORITY} must be none of "
        f"{', '.join(names.GUARDED_CLASSES)}"
    ),
}

_OF_JOBS: Final = {
    "object.spec.?podReplacementPolicy.orValue('') == 'Failed'": (
        "two pods of a job never run at the same time: podReplacementPolicy must be Failed"
    ),
    "has(object.spec.podFailurePolicy) && object.spec.podFailurePolicy.rules.exists(r, "
    "r.action == 'Ignore' && has(r.onPodConditions) && r.onPodConditions.exists(p, "
    "p.type == 'DisruptionTarget' && p.status == 'True'))": (
        "to give way is no failure: podFailurePolicy must ignore DisruptionTarget"
    ),
}


def batch_policies(target: Target) -> None:
    """Create the policies, for every namespace that is labelled for batch."""
    jobs = _OF_JOBS | _ONLY_ITS_QUEUE | _of_pods("object.spec.template.spec")
    policies = {
        "batch-pods": (PODS, _of_pods("object.spec")),
        "batch-jobs": (requests("batch", "v1", "jobs"), jobs),
        "batch-budgets": (
            requests("policy", "v1", "poddisruptionbudgets"),
            {"false": "batch has no PodDisruptionBudget"},
        ),
    }
    for name, (matching, validations) in policies.items():
        deny_unless(name, target, matching=matching, validations=validations, label=names.BATCH)
