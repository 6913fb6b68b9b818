"""Accelerators component: the DaemonSet of the device plugin, on every node with accelerators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pulumi
from pulumi_kubernetes.core.v1 import (
    AffinityArgs,
    ContainerArgs,
    HostPathVolumeSourceArgs,
    NodeAffinityArgs,
    NodeSelectorArgs,
    NodeSelectorRequirementArgs,
    NodeSelectorTermArgs,
    PodSpecArgs,
    ResourceRequirementsArgs,
    SecurityContextArgs,
    TolerationArgs,
    VolumeArgs,
    VolumeMountArgs,
)

from infra import names
from infra.overlay.base.workloads import Workload, workload

if TYPE_CHECKING:
    from infra.overlay.base.target import Target
    from infra.site.accelerators import Accelerators as Settings

__all__ = ["Accelerators"]

_KUBELET: Final = "/var/lib/kubelet/device-plugins"


class Accelerators(pulumi.ComponentResource):
    """The device plugin, with the image that the site names.

    Args:
        name: Unique within the stack.
        settings: The section `accelerators` of the site.
        target: Where.
    """

    def __init__(self, name: str, settings: Settings, target: Target) -> None:
        super().__init__("foreground:overlay:Accelerators", name, None, target.component_options)
        plugin = Workload(
            app="accelerators", namespace="kube-system", everywhere=True, pod=_pod(settings)
        )
        workload(plugin, target.inside(self))
        self.register_outputs({})


def _pod(settings: Settings) -> PodSpecArgs:
    """Return the pod of the plugin: privileged, to open device files and the kubelet's socket."""
    plugin = ContainerArgs(
        name="plugin",
        image=settings.image,
        args=list(settings.arguments),
        resources=ResourceRequirementsArgs(requests={"cpu": "10m", "memory": "32Mi"}),
        security_context=SecurityContextArgs(privileged=True),
        volume_mounts=[
            VolumeMountArgs(name="kubelet", mount_path=_KUBELET),
            VolumeMountArgs(name="devices", mount_path="/host/dev"),
        ],
    )
    return PodSpecArgs(
        priority_class_name="system-node-critical",
        affinity=AffinityArgs(node_affinity=_nodes_with_accelerators()),
        tolerations=[TolerationArgs(operator="Exists")],
        containers=[plugin],
        volumes=[
            VolumeArgs(name="kubelet", host_path=HostPathVolumeSourceArgs(path=_KUBELET)),
            VolumeArgs(name="devices", host_path=HostPathVolumeSourceArgs(path="/dev")),
        ],
    )


def _nodes_with_accelerators() -> NodeAffinityArgs:
    labelled = NodeSelectorRequirementArgs(key=names.ACCELERATOR, operator="Exists")
    return NodeAffinityArgs(
        required_during_scheduling_ignored_during_execution=NodeSelectorArgs(
            node_selector_terms=[NodeSelectorTermArgs(match_expressions=[labelled])]
        )
    )
