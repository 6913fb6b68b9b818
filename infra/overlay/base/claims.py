"""PersistentVolumes and their claims: a folder of an NFSv4 server, as pods mount it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pulumi_kubernetes.core.v1 import (
    NFSVolumeSourceArgs,
    ObjectReferenceArgs,
    PersistentVolume,
    PersistentVolumeClaim,
    PersistentVolumeClaimSpecArgs,
    PersistentVolumeSpecArgs,
    VolumeResourceRequirementsArgs,
)
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

if TYPE_CHECKING:
    import pulumi

    from .target import Target

__all__ = ["Export", "claim"]

_OPTIONS: Final = ["nfsvers=4.1", "nodev", "nosuid"]
"""Mount options. NFS mounts are `hard` by default: if the server is away, programs wait and then
continue. With `soft` they would lose what they had written."""

_SIZE: Final = "1Gi"
"""Required by the API, and without effect: a claim without a storage class never grows, while the
volume behind the export does. The NFS server reports the real size."""


@dataclass(frozen=True)
class Export:
    """A folder that an NFS server exports.

    Attributes:
        server: Address of the server.
        path: Path of the folder on the server.
    """

    server: pulumi.Input[str]
    path: str


def claim(name: str, namespace: str, export: Export, target: Target) -> PersistentVolumeClaim:
    """Create a claim in a namespace, and the PersistentVolume that is bound to it.

    A volume is bound to one claim, so each namespace that mounts the same folder needs its own
    volume. The kubelet mounts it from the address of the machine: NetworkPolicies do not apply.

    Args:
        name: Name of the claim.
        namespace: Its namespace.
        export: The folder.
        target: Where; it must depend on the namespace.
    """
    volume = PersistentVolume(
        f"{namespace}-{name}",
        metadata=ObjectMetaArgs(name=f"{namespace}-{name}"),
        spec=PersistentVolumeSpecArgs(
            access_modes=["ReadWriteMany"],
            capacity={"storage": _SIZE},
            claim_ref=ObjectReferenceArgs(
                api_version="v1", kind="PersistentVolumeClaim", name=name, namespace=namespace
            ),
            mount_options=_OPTIONS,
            nfs=NFSVolumeSourceArgs(server=export.server, path=export.path),
            persistent_volume_reclaim_policy="Retain",
            storage_class_name="",
        ),
        opts=target.options,
    )
    return PersistentVolumeClaim(
        f"{namespace}-{name}",
        metadata=ObjectMetaArgs(name=name, namespace=namespace),
        spec=PersistentVolumeClaimSpecArgs(
            access_modes=["ReadWriteMany"],
            resources=VolumeResourceRequirementsArgs(requests={"storage": _SIZE}),
            storage_class_name="",
            volume_name=volume.metadata.name,
        ),
        opts=target.after(volume).options,
    )
