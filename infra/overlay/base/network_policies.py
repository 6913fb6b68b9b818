"""Traffic: network policies, of pods that hear and say only what they must."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pulumi_kubernetes as k8s

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from infra.site import Site

    from .target import Cluster

__all__ = ["DNS", "fence", "outside", "pods", "port"]

_METADATA: Final = "169.254.0.0/16"
"""Where a cloud tells machines their secrets."""


def port(number: int, protocol: str = "TCP") -> dict[str, Any]:
    """One port."""
    return {"port": number, "protocol": protocol}


def pods(namespace: str, **labels: str) -> dict[str, Any]:
    """Pods of a namespace: all, or those with these labels."""
    return {
        "namespace_selector": {"match_labels": {"kubernetes.io/metadata.name": namespace}},
        "pod_selector": {"match_labels": labels},
    }


def outside(site: Site) -> dict[str, Any]:
    """The world without the site's own ranges and what the cloud tells machines."""
    inside = (site.network.cidr, site.kubernetes.pod_cidr, site.kubernetes.service_cidr)
    return {"ip_block": {"cidr": "0.0.0.0/0", "except_": [_METADATA, *map(str, inside)]}}


DNS: dict[str, Any] = {
    "to": [pods("kube-system", **{"k8s-app": "kube-dns"})],
    "ports": [port(53, "UDP"), port(53)],
}
"""Names, as everybody needs them."""


def fence(  # noqa: PLR0913 - a policy's parts
    name: str,
    namespace: str,
    cluster: Cluster,
    parent: pulumi.Resource,
    *,
    of: dict[str, str] | None = None,
    hears: Sequence[dict[str, Any]] | None = None,
    says: Sequence[dict[str, Any]] | None = None,
    needs: Sequence[pulumi.Resource] = (),
) -> None:
    """Ask for a network policy.

    Args:
        name: Unique within the namespace.
        namespace: Where it holds.
        cluster: Where that is.
        parent: The component that it belongs to.
        of: Labels of the pods that it is about; none is all.
        hears: From whom on which ports, and nothing else; None says nothing of it.
        says: To whom on which ports, and nothing else; None says nothing of it.
        needs: What must stand before: the namespace.
    """
    directions = {"Ingress": hears, "Egress": says}
    spec: Any = {
        "pod_selector": {"match_labels": of or {}},
        "policy_types": [kind for kind, rules in directions.items() if rules is not None],
        "ingress": list(hears or []),
        "egress": list(says or []),
    }
    k8s.networking.v1.NetworkPolicy(
        f"{namespace}-{name}",
        metadata={"name": name, "namespace": namespace},
        spec=spec,
        opts=cluster.inside(parent, needs),
    )
