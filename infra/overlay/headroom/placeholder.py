"""Placeholder: a pause that asks for what a session asks, the first to give way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from infra import accelerators, names, versions

if TYPE_CHECKING:
    from infra.site.notebooks import Notebooks

__all__ = ["QUEUE", "placeholder"]

QUEUE: Final = "headroom"
"""Its LocalQueue, and its class of priority for Kueue."""


def placeholder(model: str, session: Notebooks) -> dict[str, Any]:
    """Return a placeholder's metadata and spec, as the API server takes them.

    kube-scheduler sees the lowest priority of all and evicts it first; Kueue sees the highest of
    all and suspends a batch job, cleanly, to have room for the next one.

    Args:
        model: Of the accelerator, as accelerators.yaml names it.
        session: What the site says of sessions.
    """
    resource = accelerators.models()[model].resource
    asks = {
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
            # a pod that somebody else makes again carries no finalizer of Kueue's: it is gone at
            # once when it is evicted, and with Kueue down too
            "annotations": {"kueue.x-k8s.io/pod-suspending-parent": "headroom"},
        },
        "spec": {
            "priorityClassName": "headroom",
            # a pause that touches no card; with any grace the session would wait for it
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
                    "image": f"registry.k8s.io/pause:{versions.PAUSE}",
                    "resources": {"requests": asks, "limits": {resource: "1"}},
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "capabilities": {"drop": ["ALL"]},
                    },
                }
            ],
        },
    }
