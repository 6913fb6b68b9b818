"""Headroom: warm placeholders, so that the first to come evicts a pause, and nobody's work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pulumi
import pulumi_kubernetes as k8s

from infra import accelerators, names, versions

from .cluster import namespace
from .traffic import fence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.capabilities import Notebooks
    from infra.site import Site

    from .cluster import Cluster

__all__ = ["NAMESPACE", "QUEUE", "Headroom"]

NAMESPACE: Final = "headroom"
QUEUE: Final = "headroom"
"""Its LocalQueue, and its class of priority for Kueue."""


class Headroom(pulumi.ComponentResource):
    """Placeholders of each model, each asking for what a session asks.

    kube-scheduler sees the lowest priority of all and evicts them first; Kueue sees the highest of
    all and suspends a batch job, cleanly, to make them whole again.

    Args:
        name: Unique within the stack.
        site: The whole site; its `headroom` says how many of which model.
        session: What the site says of sessions.
        cluster: Where.
        needs: What must stand before.
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
        fence("headroom", NAMESPACE, cluster, self, hears=[], says=[], needs=[space])
        queue = k8s.apiextensions.CustomResource(
            f"{name}-queue",
            api_version="kueue.x-k8s.io/v1beta2",
            kind="LocalQueue",
            metadata={"name": QUEUE, "namespace": NAMESPACE},
            spec={"clusterQueue": "batch"},
            opts=cluster.inside(self, [space, *needs]),
        )
        for model, count in site.headroom.items():
            _placeholders(model, count, session, cluster, self, queue)
        self.register_outputs({})


def _placeholders(  # noqa: PLR0913, PLR0917 - what a placeholder stands for
    model: str,
    count: int,
    session: Notebooks,
    cluster: Cluster,
    parent: pulumi.Resource,
    queue: pulumi.Resource,
) -> None:
    resource = accelerators.models()[model].resource
    labels = {"app": "headroom", "model": model}
    k8s.apps.v1.Deployment(
        f"headroom-{model}",
        metadata={
            "name": model,
            "namespace": NAMESPACE,
            "labels": {
                "kueue.x-k8s.io/queue-name": QUEUE,
                "kueue.x-k8s.io/priority-class": QUEUE,
            },
            # they come and go with people: whether one waits now is no matter of the deployment
            "annotations": {"pulumi.com/skipAwait": "true"},
        },
        spec={
            "replicas": count,
            "selector": {"match_labels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "priority_class_name": "headroom",
                    "termination_grace_period_seconds": 0,
                    "automount_service_account_token": False,
                    "node_selector": {names.ACCELERATOR: model},
                    "security_context": {
                        "run_as_non_root": True,
                        "run_as_user": 65535,
                        "seccomp_profile": {"type": "RuntimeDefault"},
                    },
                    "containers": [
                        {
                            "name": "pause",
                            "image": f"registry.k8s.io/pause:{versions.PAUSE}",
                            "resources": {
                                "requests": {
                                    "cpu": f"{session.millicpus}m",
                                    "memory": f"{session.memory}Mi",
                                    resource: "1",
                                },
                                "limits": {resource: "1"},
                            },
                            "security_context": {
                                "allow_privilege_escalation": False,
                                "capabilities": {"drop": ["ALL"]},
                            },
                        }
                    ],
                },
            },
        },
        opts=cluster.inside(parent, [queue]),
    )
