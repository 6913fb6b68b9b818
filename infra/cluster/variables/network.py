"""Variables of the Ansible role `network`: API endpoint, pod and service CIDRs, podnet's image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra import images

if TYPE_CHECKING:
    from infra.cluster.host import Host
    from infra.site import Site

__all__ = ["variables"]


def variables(site: Site, host: Host, control: Host) -> dict[str, Any]:  # noqa: ARG001 - as all roles
    """Return the role's variables."""
    return {
        "network_endpoint": control.api_endpoint,
        "network_pod_cidr": str(site.kubernetes.pod_cidr),
        "network_service_cidr": str(site.kubernetes.service_cidr),
        "network_podnet_image": images.reference(site.registry, "network/podnet"),
    }
