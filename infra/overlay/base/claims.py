"""Storage: how pods reach a folder that the storage machine exports by NFSv4."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pulumi_kubernetes as k8s

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from .target import Cluster

__all__ = ["Export", "claim"]

_OPTIONS: Final = ["nfsvers=4.1", "nodev", "nosuid"]
"""Of each mount. It is `hard`, as NFS is by itself: whoever works waits for a server that is away,
and goes on; with `soft`, what they had written would be lost."""

_SIZE: Final = "1Gi"
"""Kubernetes wants one and does nothing with it: a claim that is not made by a storage class never
grows, and the volume behind the export does. How much there is, the server says."""


@dataclass(frozen=True)
class Export:
    """What the server gives out.

    Attributes:
        server: Where it answers.
        path: Of the folder, there.
    """

    server: pulumi.Input[str]
    path: str


def claim(  # noqa: PLR0913, PLR0917 - a claim's parts
    name: str,
    namespace: str,
    export: Export,
    cluster: Cluster,
    parent: pulumi.Resource,
    needs: Sequence[pulumi.Resource],
) -> pulumi.Resource:
    """Ask for a claim in a namespace, and for the volume that is its own.

    A volume belongs to one claim: each namespace that mounts the same folder has one of its own.
    The kubelet mounts it, by its machine's address: no network policy of a pod is about it.
    """
    mine = {"name": name, "namespace": namespace}
    volume = k8s.core.v1.PersistentVolume(
        f"{namespace}-{name}",
        metadata={"name": f"{namespace}-{name}"},
        spec={
            "access_modes": ["ReadWriteMany"],
            "capacity": {"storage": _SIZE},
            "claim_ref": {**mine, "api_version": "v1", "kind": "PersistentVolumeClaim"},
            "mount_options": _OPTIONS,
            "nfs": {"server": export.server, "path": export.path},
            "persistent_volume_reclaim_policy": "Retain",
            "storage_class_name": "",
        },
        opts=cluster.inside(parent, needs),
    )
    return k8s.core.v1.PersistentVolumeClaim(
        f"{namespace}-{name}",
        metadata=mine,
        spec={
            "access_modes": ["ReadWriteMany"],
            "resources": {"requests": {"storage": _SIZE}},
            "storage_class_name": "",
            "volume_name": volume.metadata["name"],
        },
        opts=cluster.inside(parent, [*needs, volume]),
    )
