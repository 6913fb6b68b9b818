"""Objects of Kueue: a LocalQueue, and any kind of its API with fields other than `spec`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from .addresses import BATCH_QUEUE

if TYPE_CHECKING:
    from .target import Target

__all__ = ["kueue_object", "local_queue"]

_API: Final = "kueue.x-k8s.io/v1beta2"


def kueue_object(kind: str, name: str, fields: dict[str, Any], target: Target) -> pulumi.Resource:
    """Create an object of Kueue; the SDK's own class knows no field but spec.

    Args:
        kind: Its kind.
        name: Its name in the cluster.
        fields: All fields but apiVersion, kind and metadata.
        target: Where; it must depend on Kueue.
    """
    return pulumi.CustomResource(
        f"kubernetes:{_API}:{kind}",
        f"{kind.lower()}-{name}",
        {"apiVersion": _API, "kind": kind, "metadata": {"name": name}, **fields},
        target.options,
    )


def local_queue(resource: str, name: str, namespace: str, target: Target) -> pulumi.Resource:
    """Create a LocalQueue of the ClusterQueue of all accelerators.

    Args:
        resource: Name of the resource in Pulumi.
        name: Its name in the cluster.
        namespace: Namespace of the jobs or pods that it queues.
        target: Where; it must depend on the namespace and on Kueue.
    """
    return CustomResource(
        resource,
        api_version=_API,
        kind="LocalQueue",
        metadata=ObjectMetaArgs(name=name, namespace=namespace),
        spec={"clusterQueue": BATCH_QUEUE},
        opts=target.options,
    )
