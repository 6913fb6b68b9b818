"""Kueue's objects: their kinds and labels, and the LocalQueue that batch jobs go to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from conformance.kit.site.kinds import Kind
from conformance.kit.site.namespaces import Namespaces
from conformance.kit.verdicts import Inconclusive
from infra import names

if TYPE_CHECKING:
    from conformance.kit.site.api import KubeApi

__all__ = [
    "LOCAL_QUEUE",
    "PRIORITY_LABEL",
    "QUEUE_LABEL",
    "WORKLOAD",
    "WORKLOAD_PRIORITY_CLASS",
    "BatchQueue",
    "find_queue",
]

_VERSION: Final = "kueue.x-k8s.io/v1beta2"
LOCAL_QUEUE: Final = Kind("LocalQueue", _VERSION, "localqueues")
WORKLOAD: Final = Kind("Workload", _VERSION, "workloads")
WORKLOAD_PRIORITY_CLASS: Final = Kind(
    "WorkloadPriorityClass", _VERSION, "workloadpriorityclasses", namespaced=False
)
QUEUE_LABEL: Final = "kueue.x-k8s.io/queue-name"
PRIORITY_LABEL: Final = "kueue.x-k8s.io/priority-class"


@dataclass(frozen=True)
class BatchQueue:
    """A LocalQueue for batch jobs: its namespace and its name."""

    namespace: str
    name: str


def find_queue(api: KubeApi) -> BatchQueue:
    """Find a LocalQueue in a namespace for batch.

    Raises:
        Inconclusive: There is none.
    """
    for namespace in sorted(Namespaces.of(api).batch):
        queues = api.all(LOCAL_QUEUE, namespace)
        if queues:
            return BatchQueue(namespace, queues[0]["metadata"]["name"])
    raise Inconclusive(
        f"no namespace with the label {names.BATCH}=true, by which this suite finds batch, has "
        "a LocalQueue"
    )
