"""Accelerators: the device plugin on every node that has some."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pulumi
import pulumi_kubernetes as k8s

from infra import names

if TYPE_CHECKING:
    from infra.overlay.base.target import Cluster
    from infra.site.accelerators import Accelerators as Wanted

__all__ = ["Accelerators"]

_KUBELET: Final = "/var/lib/kubelet/device-plugins"


class Accelerators(pulumi.ComponentResource):
    """The device plugin, whose image is the site's choice.

    Args:
        name: Unique within the stack.
        wanted: What the site says of it.
        cluster: Where.
    """

    def __init__(self, name: str, wanted: Wanted, cluster: Cluster) -> None:
        super().__init__("foreground:overlay:Accelerators", name, None, cluster.inside(None))
        labels = {"app": "accelerators"}
        k8s.apps.v1.DaemonSet(
            name,
            metadata={"name": "accelerators", "namespace": "kube-system"},
            spec={
                "selector": {"match_labels": labels},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {
                        "priority_class_name": "system-node-critical",
                        "automount_service_account_token": False,
                        "affinity": _WITH_ACCELERATORS,
                        "tolerations": [{"operator": "Exists"}],
                        "containers": [
                            {
                                "name": "plugin",
                                "image": wanted.image,
                                "args": list(wanted.arguments),
                                "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}},
                                "security_context": {"privileged": True},
                                "volume_mounts": [
                                    {"name": "kubelet", "mount_path": _KUBELET},
                                    {"name": "devices", "mount_path": "/host/dev"},
                                ],
                            }
                        ],
                        "volumes": [
                            {"name": "kubelet", "host_path": {"path": _KUBELET}},
                            {"name": "devices", "host_path": {"path": "/dev"}},
                        ],
                    },
                },
            },
            opts=cluster.inside(self),
        )
        self.register_outputs({})


_WITH_ACCELERATORS: Final[k8s.core.v1.AffinityArgsDict] = {
    "node_affinity": {
        "required_during_scheduling_ignored_during_execution": {
            "node_selector_terms": [
                {"match_expressions": [{"key": names.ACCELERATOR, "operator": "Exists"}]}
            ]
        }
    }
}
