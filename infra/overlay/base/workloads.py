"""Workloads of the overlay: a hardened Deployment or DaemonSet, with Service and metrics policy.

Unless a workload says otherwise, its pods have the priority class of the platform, no token of the
Kubernetes API, no Linux capability, and a read-only root file system. The user is up to the
workload: as_user() is one that is not root, with the runtime's seccomp profile.
"""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import pulumi
from pulumi_kubernetes.apps.v1 import (
    DaemonSet,
    DaemonSetSpecArgs,
    Deployment,
    DeploymentSpecArgs,
    DeploymentStrategyArgs,
)
from pulumi_kubernetes.core.v1 import (
    CapabilitiesArgs,
    PodSecurityContextArgs,
    PodSpecArgs,
    PodTemplateSpecArgs,
    SeccompProfileArgs,
    SecurityContextArgs,
    Service,
    ServicePortArgs,
    ServiceSpecArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

from infra import names

from .network_policies import Rules, allow_from, monitoring, network_policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pulumi_kubernetes.core.v1 import ContainerArgs

    from .target import Target

__all__ = ["METRICS", "Workload", "as_user", "service", "workload"]

_Value = TypeVar("_Value")

METRICS: Final = "metrics"
"""Name of a container port that is open to the namespaces labelled for monitoring.

The policy selects the pods, so that they accept nothing else unless another policy allows it: a
workload with such a port needs a NetworkPolicy for its other ports, as in a namespace with default
deny.
"""


@dataclass(frozen=True, kw_only=True)
class Workload:
    """One program in the cluster.

    Attributes:
        app: Value of the label `app` of its pods, by which policies and Services select them.
        namespace: Its namespace.
        pod: Its containers, volumes and user; workload() adds the rest of the hardening.
        name: Name of its objects, if that is not the value of the label.
        resource: Name of its resources in Pulumi, if that is not the value of the label.
        everywhere: Whether it is a DaemonSet, and not a Deployment with one replica.
        parallel: Whether an update may run the new pod before the old one has ended.
        account: Name of its ServiceAccount, if it has a grant; only then it gets a token.
        writable: Whether the program needs a writable root file system.
    """

    app: str
    namespace: str
    pod: PodSpecArgs
    name: str = ""
    resource: str = ""
    everywhere: bool = False
    parallel: bool = False
    account: str = ""
    writable: bool = False

    @property
    def labels(self) -> dict[str, str]:
        """Labels of its pods."""
        return {"app": self.app}

    @property
    def metadata(self) -> ObjectMetaArgs:
        """Metadata of its objects."""
        return ObjectMetaArgs(name=self.name or self.app, namespace=self.namespace)


def as_user(
    user: int, *, group: int | None = None, files: int | None = None
) -> PodSecurityContextArgs:
    """Return the security context of a pod that runs as a user, which is not root.

    Args:
        user: The user id.
        group: The group id, if the image must not decide.
        files: The group that owns the volumes, if the program must read them by it.
    """
    return PodSecurityContextArgs(
        run_as_user=user,
        run_as_group=group,
        fs_group=files,
        run_as_non_root=True,
        seccomp_profile=SeccompProfileArgs(type="RuntimeDefault"),
    )


def service(of: Workload, ports: Sequence[ServicePortArgs], target: Target) -> Service:
    """Create the Service of a workload."""
    return Service(
        of.resource or of.app,
        metadata=of.metadata,
        spec=ServiceSpecArgs(selector=of.labels, ports=ports),
        opts=target.options,
    )


def workload(wanted: Workload, target: Target) -> None:
    """Create the Deployment or DaemonSet, and a NetworkPolicy for its metrics port, if any."""
    resource = wanted.resource or wanted.app
    selector = LabelSelectorArgs(match_labels=wanted.labels)
    template = PodTemplateSpecArgs(
        metadata=ObjectMetaArgs(labels=wanted.labels), spec=_hardened(wanted)
    )
    if wanted.everywhere:
        DaemonSet(
            resource,
            metadata=wanted.metadata,
            spec=DaemonSetSpecArgs(selector=selector, template=template),
            opts=target.options,
        )
    else:
        strategy = None if wanted.parallel else DeploymentStrategyArgs(type="Recreate")
        Deployment(
            resource,
            metadata=wanted.metadata,
            spec=DeploymentSpecArgs(
                replicas=1, strategy=strategy, selector=selector, template=template
            ),
            opts=target.options,
        )
    if ports := list(_metrics_ports(wanted.pod)):
        rules = Rules(wanted.labels, [allow_from(monitoring(), port=port) for port in ports])
        network_policy(f"{wanted.app}-{METRICS}", wanted.namespace, rules, target)


def _hardened(wanted: Workload) -> PodSpecArgs:
    """Return the pod with the defaults of a workload; what the pod says itself stays."""
    pod = copy.copy(wanted.pod)
    if pod.priority_class_name is None:
        pod.priority_class_name = names.PLATFORM_CLASS
    if wanted.account:
        pod.service_account_name = wanted.account
    else:
        pod.automount_service_account_token = False
    pod.containers = [_confined(c, wanted) for c in _plain(pod.containers)]
    if pod.init_containers is not None:
        pod.init_containers = [_confined(c, wanted) for c in _plain(pod.init_containers)]
    return pod


def _confined(container: ContainerArgs, wanted: Workload) -> ContainerArgs:
    """Return a container with a security context: its own if it has one, else the default."""
    container = copy.copy(container)
    if container.security_context is None:
        container.security_context = SecurityContextArgs(
            allow_privilege_escalation=False,
            capabilities=CapabilitiesArgs(drop=["ALL"]),
            read_only_root_filesystem=None if wanted.writable else True,
        )
    return container


def _metrics_ports(pod: PodSpecArgs) -> Iterator[pulumi.Input[int]]:
    """Yield the ports that are named metrics."""
    for container in _plain(pod.containers):
        for port in _plain(container.ports):
            if port.name == METRICS:
                yield port.container_port


def _plain(values: pulumi.Input[Sequence[pulumi.Input[_Value]]] | None) -> list[_Value]:
    """Return a list of a pod that must be known when the program runs.

    Raises:
        TypeError: The list or one of its values is an output of a resource.
    """
    if values is None:
        return []
    if not isinstance(values, Sequence):
        raise TypeError("containers and their ports must be plain lists")
    plain = []
    for value in values:
        if isinstance(value, pulumi.Output | Awaitable):
            raise TypeError("containers and their ports must be plain values")
        plain.append(value)
    return plain
