"""Session image DaemonSet: an idle pod on every worker that keeps the image from being removed.

Each member pulls the image before its node takes any pod. But the kubelet removes images that no
container uses when a disk fills up, and could do so right before a person starts a session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes.core.v1 import ContainerArgs, PodSpecArgs, ResourceRequirementsArgs

from infra import images, names, versions
from infra.overlay.base.addresses import PLATFORM
from infra.overlay.base.workloads import Workload, as_user, workload

if TYPE_CHECKING:
    from infra.overlay.base.target import Target

__all__ = ["session_image"]


def session_image(registry: str, target: Target) -> None:
    """Create the DaemonSet, given the registry of the platform's images."""
    small = ResourceRequirementsArgs(requests={"cpu": "1m", "memory": "8Mi"})
    pod = PodSpecArgs(
        termination_grace_period_seconds=1,
        security_context=as_user(names.PERSON_UID),
        init_containers=[
            ContainerArgs(
                name="session",
                image=images.reference(registry, "notebooks/session"),
                command=["true"],
                resources=small,
            )
        ],
        containers=[
            ContainerArgs(
                name="pause",
                image=versions.PAUSE_IMAGE,
                resources=small,
            )
        ],
    )
    kept = Workload(app="session-image", namespace=PLATFORM, everywhere=True, pod=pod)
    workload(kept, target)
