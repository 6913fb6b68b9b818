"""Placeholder pod: a pause container that requests an accelerator as a session does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from infra import accelerators, names, versions

if TYPE_CHECKING:
    from infra.site.notebooks import Notebooks

__all__ = ["NAMESPACE", "QUEUE", "placeholder"]

NAMESPACE: Final = "headroom"
"""Namespace of the placeholders; Kueue manages every pod in it."""

QUEUE: Final = "headroom"
"""The LocalQueue of the placeholders, and their WorkloadPriorityClass in Kueue."""


def placeholder(model: str, session: Notebooks) -> dict[str, Any]:
    """Return the metadata and the spec of a placeholder, in the form of the Kubernetes API.

    For kube-scheduler it has the lowest priority, so that it is evicted first. For Kueue it has
    the highest, so that a batch job is suspended, cleanly, to make room for a new placeholder.

    Args:
        model: Accelerator model, as accelerators.yaml names it.
        session: The section `notebooks` of the site.
    """
    resource = accelerators.models()[model].resource
    requests = {
        "cpu": f"{session.millicpus}m",
        "memory": f"{session.memory}Mi",
        resource: "1",
    }
    return {
        "metadata": {
            "labels": {
                "app": "headroom",
                "kueue.x-k8s.io/queue-name": QUEUE,
                "kueue.x-k8s.io/priority-class": QUEUE,
                "kueue.x-k8s.io/managed": "true",
            },
            # Kueue puts no finalizer on a pod with this annotation: when it is evicted it is gone
            # at once, even while Kueue is down
            "annotations": {"kueue.x-k8s.io/pod-suspending-parent": "headroom"},
        },
        "spec": {
            "priorityClassName": names.HEADROOM_CLASS,
            # it uses no accelerator, and a session would wait for any grace period
            "terminationGracePeriodSeconds": 0,
            "automountServiceAccountToken": False,
            "nodeSelector": {names.ACCELERATOR: model},
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 65535,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "pause",
                    "image": versions.PAUSE_IMAGE,
                    "resources": {"requests": requests, "limits": {resource: "1"}},
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "capabilities": {"drop": ["ALL"]},
                    },
                }
            ],
        },
    }
