"""Variables of the Ansible role `kubernetes`: version, API endpoint, ranges, labels, taints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from infra import names

if TYPE_CHECKING:
    from infra.cluster.host import Host
    from infra.site import Site

__all__ = ["variables"]

_RELEASES: Final = "dl.k8s.io"


def variables(site: Site, host: Host, control: Host) -> dict[str, Any]:
    """Return the role's variables."""
    artefacts, group = site.mirrors.artefacts, host.wanted.group
    labels = {names.GROUP: host.wanted.group_name}
    if group.accelerator:
        labels[names.ACCELERATOR] = group.accelerator.model
    return {
        "kubernetes_version": site.kubernetes.version,
        "kubernetes_artefacts": artefacts and f"{artefacts}/{_RELEASES}",
        "kubernetes_cluster": site.name,
        "kubernetes_endpoint": control.api_endpoint,
        "kubernetes_address": host.address,
        "kubernetes_pod_cidr": str(site.kubernetes.pod_cidr),
        "kubernetes_service_cidr": str(site.kubernetes.service_cidr),
        "kubernetes_ignore_preflight": list(site.kubernetes.ignore_preflight),
        "kubernetes_labels": labels | group.labels,
        "kubernetes_taints": list(group.taints),
    }
