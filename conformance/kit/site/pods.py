"""Pods: what one of them is doing, and when it came to do so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .api import Document
    from .observer import Event

__all__ = [
    "CONFINED",
    "UNPRIVILEGED",
    "asks",
    "condition",
    "is_ending",
    "is_running",
    "modest",
    "preempted",
    "stamps",
]

_IMAGE: Final = "registry.k8s.io/pause:3.10"
"""Never pulled: modest pods are for dry runs."""
CONFINED: Final = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
"""What each container gives up."""
UNPRIVILEGED: Final = {
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "seccompProfile": {"type": "RuntimeDefault"},
}
"""What each pod gives up."""


def is_running(pod: Document) -> bool:
    """Tell whether it runs, and is not about to end."""
    return pod.get("status", {}).get("phase") == "Running" and not is_ending(pod)


def is_ending(pod: Document) -> bool:
    """Tell whether somebody asked it to end."""
    return "deletionTimestamp" in pod["metadata"]


def condition(document: Document, kind: str) -> Document:
    """Return one condition of an object, or an empty one."""
    found = document.get("status", {}).get("conditions") or []
    return next((one for one in found if one["type"] == kind), {})


def preempted(pod: Document) -> bool:
    """Tell whether kube-scheduler has it give way to another."""
    said = condition(pod, "DisruptionTarget")
    return said.get("status") == "True" and said.get("reason") == "PreemptionByScheduler"


def asks(pod: Document, resource: str) -> int:
    """How much of a resource its containers ask for, such as accelerators."""
    return sum(
        int(container.get("resources", {}).get("limits", {}).get(resource, 0))
        for container in pod["spec"]["containers"]
    )


def stamps(events: Iterable[Event], pod: str) -> dict[str, float]:
    """Return when a pod was first seen as what, by the clock of the events.

    Args:
        events: Oldest first.
        pod: Namespace and name.
    """
    first: dict[str, float] = {}
    for event in events:
        if event.kind == "Pod" and event.key == pod:
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
    if condition(pod, "Ready").get("status") == "True":
        yield "ready"
    if is_ending(pod):
        yield "ending"
    if event.type == "DELETED":
        yield "gone"


def modest(priority: str) -> Document:
    """Return a pod that keeps every rule of the house, to ask the API server what it would be.

    Args:
        priority: Its priority class; empty names none.
    """
    spec: Document = {
        "terminationGracePeriodSeconds": 1,
        "containers": [{"name": "pause", "image": _IMAGE, "securityContext": CONFINED}],
        "securityContext": UNPRIVILEGED,
    }
    if priority:
        spec["priorityClassName"] = priority
    return {"metadata": {"generateName": "conformance-"}, "spec": spec}
