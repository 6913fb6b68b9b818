"""Section `kubernetes`: version, address ranges and ignored preflight checks of the cluster."""

from __future__ import annotations

from ipaddress import IPv4Network

from pydantic import Field

from infra import versions

from .section import Section

__all__ = ["Kubernetes"]


class Kubernetes(Section):
    """Kubernetes cluster, made by kubeadm."""

    version: str = Field(
        default=versions.KUBERNETES,
        pattern=r"^\d+\.\d+\.\d+$",
        description="Kubernetes version, without a leading v",
    )
    pod_cidr: IPv4Network = Field(
        default=IPv4Network("10.93.0.0/16"), description="Address range of the pods"
    )
    service_cidr: IPv4Network = Field(
        default=IPv4Network("10.94.0.0/16"), description="Address range of the services"
    )
    ignore_preflight: list[str] = Field(
        default_factory=list,
        description="Preflight checks of kubeadm whose errors are only warnings",
    )
