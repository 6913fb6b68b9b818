"""NetworkPolicies of the overlay: one call each, with typed rules for ingress and egress."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs
from pulumi_kubernetes.networking.v1 import (
    IPBlockArgs,
    NetworkPolicy,
    NetworkPolicyEgressRuleArgs,
    NetworkPolicyIngressRuleArgs,
    NetworkPolicyPeerArgs,
    NetworkPolicyPortArgs,
    NetworkPolicySpecArgs,
)

from infra import names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pulumi

    from infra.site import Site

    from .target import Target

__all__ = [
    "DNS",
    "Rules",
    "allow_from",
    "allow_to",
    "internet",
    "monitoring",
    "network_policy",
    "pods",
]

_LINK_LOCAL: Final = "169.254.0.0/16"
"""The cloud's metadata service answers here and gives machines their secrets."""


@dataclass(frozen=True)
class Rules:
    """What one policy allows; a direction that is None is not restricted.

    Attributes:
        pods: Labels of the pods that the policy applies to; none means all of the namespace.
        ingress: The only traffic that may reach the pods.
        egress: The only traffic that may leave the pods.
    """

    pods: Mapping[str, str] | None = None
    ingress: Sequence[NetworkPolicyIngressRuleArgs] | None = None
    egress: Sequence[NetworkPolicyEgressRuleArgs] | None = None


def network_policy(name: str, namespace: str, rules: Rules, target: Target) -> None:
    """Create a policy.

    Args:
        name: Unique within the namespace.
        namespace: The namespace that the policy applies to.
        rules: What it allows.
        target: Where; it must depend on the namespace.
    """
    directions = {"Ingress": rules.ingress, "Egress": rules.egress}
    NetworkPolicy(
        f"{namespace}-{name}",
        metadata=ObjectMetaArgs(name=name, namespace=namespace),
        spec=NetworkPolicySpecArgs(
            pod_selector=LabelSelectorArgs(match_labels=rules.pods or {}),
            policy_types=[kind for kind, given in directions.items() if given is not None],
            ingress=rules.ingress or [],
            egress=rules.egress or [],
        ),
        opts=target.options,
    )


def allow_from(
    *peers: NetworkPolicyPeerArgs, port: pulumi.Input[int]
) -> NetworkPolicyIngressRuleArgs:
    """Return the rule: these peers may reach one TCP port."""
    return NetworkPolicyIngressRuleArgs(from_=list(peers), ports=[_port(port)])


def allow_to(
    *peers: NetworkPolicyPeerArgs, port: pulumi.Input[int] | None = None
) -> NetworkPolicyEgressRuleArgs:
    """Return the rule: the pods may reach these peers, on one TCP port or on all ports."""
    ports = None if port is None else [_port(port)]
    return NetworkPolicyEgressRuleArgs(to=list(peers), ports=ports)


def pods(namespace: str, app: str = "") -> NetworkPolicyPeerArgs:
    """Return the peer: pods of a namespace, all or those with a label `app`."""
    return _pods(namespace, {"app": app} if app else {})


def monitoring() -> NetworkPolicyPeerArgs:
    """Return the peer: all pods of the namespaces that are labelled for monitoring."""
    return NetworkPolicyPeerArgs(
        namespace_selector=LabelSelectorArgs(match_labels={names.MONITORING: "true"})
    )


def internet(site: Site) -> NetworkPolicyPeerArgs:
    """Return the peer: all addresses but the site's own ranges and the metadata service."""
    inside = (site.network.cidr, site.kubernetes.pod_cidr, site.kubernetes.service_cidr)
    return NetworkPolicyPeerArgs(
        ip_block=IPBlockArgs(cidr="0.0.0.0/0", except_=[_LINK_LOCAL, *map(str, inside)])
    )


def _pods(namespace: str, labels: Mapping[str, str]) -> NetworkPolicyPeerArgs:
    return NetworkPolicyPeerArgs(
        namespace_selector=LabelSelectorArgs(
            match_labels={"kubernetes.io/metadata.name": namespace}
        ),
        pod_selector=LabelSelectorArgs(match_labels=labels),
    )


def _port(number: pulumi.Input[int], protocol: str = "TCP") -> NetworkPolicyPortArgs:
    return NetworkPolicyPortArgs(port=number, protocol=protocol)


DNS: Final = NetworkPolicyEgressRuleArgs(
    to=[_pods("kube-system", {"k8s-app": "kube-dns"})],
    ports=[_port(53, "UDP"), _port(53)],
)
"""The rule: the pods may ask the cluster's name servers."""
