"""Section `kubernetes`: version and address ranges of the cluster."""

from __future__ import annotations

from ipaddress import IPv4Network

from pydantic import Field

from infra import versions

from .section import Section

__all__ = ["Kubernetes"]


class Kubernetes(Section):
    """The cluster."""

    version: str = Field(
        default=versions.KUBERNETES, pattern=r"^\d+\.\d+\.\d+$", description="Without a leading v"
    )
    pod_cidr: IPv4Network = Field(
        default=IPv4Network("10.93.0.0/16"), description="Range of the pods' addresses"
    )
    service_cidr: IPv4Network = Field(
        default=IPv4Network("10.94.0.0/16"), description="Range of the services' addresses"
    )
    ignore_preflight: list[str] = Field(
        default_factory=list, description="kubeadm's checks whose errors count as warnings"
    )
