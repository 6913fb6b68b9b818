"""Headroom keeper: the Deployment of services/headroom/keeper, its settings and its RBAC rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pulumi_kubernetes.core.v1 import (
    ConfigMap,
    ConfigMapVolumeSourceArgs,
    ContainerArgs,
    PodSpecArgs,
    ResourceRequirementsArgs,
    VolumeArgs,
    VolumeMountArgs,
)
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from infra import images, names
from infra.overlay.base.addresses import SESSIONS
from infra.overlay.base.grants import Account, allow, grant
from infra.overlay.base.workloads import Workload, as_user, workload

from .placeholder import NAMESPACE

if TYPE_CHECKING:
    from infra.overlay.base.target import Target

__all__ = ["KEEPER", "keeper"]

KEEPER: Final = "headroom-system"
"""Namespace of the keeper: in the namespace of placeholders Kueue would manage its pod too."""

_APP: Final = "headroom-keeper"
_ACCOUNT: Final = Account("keeper", KEEPER, role=_APP)
_CONFIG: Final = "/etc/headroom"


def keeper(registry: str, configuration: str, target: Target) -> None:
    """Create the keeper.

    Args:
        registry: Registry of the platform's images.
        configuration: Its headroom.json.
        target: Where; it must depend on both namespaces.
    """
    config = ConfigMap(
        "headroom-config",
        metadata=ObjectMetaArgs(namespace=KEEPER),
        data={"headroom.json": configuration},
        opts=target.options,
    )
    granted = grant(
        _ACCOUNT,
        {
            NAMESPACE: [allow("pods", "list", "watch", "create", "delete")],
            SESSIONS: [allow("pods", "list", "watch")],
        },
        target,
    )
    deployed = Workload(
        app=_APP,
        name="keeper",
        namespace=KEEPER,
        account=_ACCOUNT.name,
        pod=_pod(registry, config),
    )
    workload(deployed, target.after(*granted))


def _pod(registry: str, config: ConfigMap) -> PodSpecArgs:
    program = ContainerArgs(
        name="keeper",
        image=images.reference(registry, "headroom/keeper"),
        resources=ResourceRequirementsArgs(
            requests={"cpu": "10m", "memory": "64Mi"}, limits={"memory": "256Mi"}
        ),
        volume_mounts=[VolumeMountArgs(name="config", mount_path=_CONFIG)],
    )
    return PodSpecArgs(
        security_context=as_user(names.KEEPER_UID),
        containers=[program],
        volumes=[
            VolumeArgs(
                name="config", config_map=ConfigMapVolumeSourceArgs(name=config.metadata.name)
            )
        ],
    )
