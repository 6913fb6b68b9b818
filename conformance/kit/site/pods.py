"""Pods: the state of a pod, from its object or the events of a watch; and pods for dry runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .kinds import POD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .kinds import Document
    from .observer import Event

__all__ = [
    "RESTRICTED_CONTAINER",
    "RESTRICTED_POD",
    "condition",
    "first_seen",
    "image_of",
    "is_ending",
    "is_preempted",
    "is_ready",
    "is_running",
    "minimal_pod",
    "requested",
]

_IMAGE: Final = "registry.k8s.io/pause:3.10"
"""Never pulled: minimal pods are for dry runs."""
RESTRICTED_CONTAINER: Final = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
}
"""Security context of each container, as the Pod Security Standard `restricted` asks for."""
RESTRICTED_POD: Final = {
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "seccompProfile": {"type": "RuntimeDefault"},
}
"""Security context of each pod, by the same standard."""


def is_running(pod: Document) -> bool:
    """Tell whether a pod is Running and not terminating."""
    return pod.get("status", {}).get("phase") == "Running" and not is_ending(pod)


def is_ending(pod: Document) -> bool:
    """Tell whether a pod is terminating."""
    return "deletionTimestamp" in pod["metadata"]


def is_ready(pod: Document) -> bool:
    """Tell whether a pod has the condition Ready."""
    return bool(condition(pod, "Ready").get("status") == "True")


def condition(document: Document, kind: str) -> Document:
    """Return one condition of an object, or an empty document if it has none of that type."""
    found = document.get("status", {}).get("conditions") or []
    return next((one for one in found if one["type"] == kind), {})


def is_preempted(pod: Document) -> bool:
    """Tell whether kube-scheduler preempts a pod for another one."""
    target = condition(pod, "DisruptionTarget")
    return target.get("status") == "True" and target.get("reason") == "PreemptionByScheduler"


def requested(pod: Document, resource: str) -> int:
    """Return how much of a resource, such as accelerators, the containers of a pod request."""
    return sum(
        int(container.get("resources", {}).get("limits", {}).get(resource, 0))
        for container in pod["spec"]["containers"]
    )


def image_of(pod: Document) -> str:
    """Return the image of a pod's first container.

    The image of a session has a shell, and every worker that runs sessions has it: jobs of tests
    use it, so that a test needs no image of its own.
    """
    return str(pod["spec"]["containers"][0]["image"])


def first_seen(events: Iterable[Event], pod: str) -> dict[str, float]:
    """Return when a pod was first seen in each state, by the clock of the events.

    Args:
        events: Oldest first.
        pod: Namespace and name.
    """
    first: dict[str, float] = {}
    for event in events:
        if event.kind == POD and event.key == pod:
            for name in _states(event):
                first.setdefault(name, event.at)
    return first


def _states(event: Event) -> Iterable[str]:
    pod = event.object
    status = pod.get("status", {})
    yield "seen"
    if condition(pod, "PodScheduled").get("status") == "False":
        yield "pending"
    if pod["spec"].get("nodeName"):
        yield "bound"
    if status.get("phase") == "Running":
        yield "running"
    if is_ready(pod):
        yield "ready"
    if is_ending(pod):
        yield "ending"
    if event.type == "DELETED":
        yield "gone"


def minimal_pod(priority: str) -> Document:
    """Return a pod that every admission policy allows, to send to the API server in a dry run.

    Args:
        priority: Its priority class; empty for none.
    """
    spec: Document = {
        "terminationGracePeriodSeconds": 1,
        "containers": [
            {"name": "pause", "image": _IMAGE, "securityContext": RESTRICTED_CONTAINER}
        ],
        "securityContext": RESTRICTED_POD,
    }
    if priority:
        spec["priorityClassName"] = priority
    return {"metadata": {"generateName": "conformance-"}, "spec": spec}
