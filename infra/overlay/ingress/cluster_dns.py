"""Resolving: pods find the site's public names at inside addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pulumi
import pulumi_kubernetes as k8s

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.overlay.base.target import Cluster

__all__ = ["Resolving"]

_COREFILE: Final = """\
.:53 {{
    errors
    health {{
       lameduck 5s
    }}
    ready
    hosts {{
{hosts}
       fallthrough
    }}
    kubernetes cluster.local in-addr.arpa ip6.arpa {{
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }}
    prometheus :9153
    forward . /etc/resolv.conf {{
       max_concurrent 1000
    }}
    cache 30
    loop
    reload 5s 2s
    loadbalance
}}
"""
"""That of kubeadm, with names of our own; CoreDNS reads it again when it changes."""


class Resolving(pulumi.ComponentResource):
    """Host names in the cluster's own name server.

    Args:
        name: Unique within the stack.
        cluster: Where.
        hosts: Addresses by host name.
    """

    def __init__(
        self, name: str, cluster: Cluster, hosts: Mapping[str, pulumi.Input[str]]
    ) -> None:
        super().__init__("foreground:overlay:Resolving", name, None, cluster.inside(None))
        lines = [
            pulumi.Output.concat("       ", where, " ", host) for host, where in hosts.items()
        ]
        corefile = pulumi.Output.all(*lines).apply(
            lambda known: _COREFILE.format(hosts="\n".join(known))
        )
        # kubeadm made the object: without this one it must be as it is now, not gone
        kept = pulumi.ResourceOptions(retain_on_delete=True)
        k8s.core.v1.ConfigMapPatch(
            name,
            metadata={
                "name": "coredns",
                "namespace": "kube-system",
                "annotations": {"pulumi.com/patchForce": "true"},
            },
            data={"Corefile": corefile},
            opts=pulumi.ResourceOptions.merge(cluster.inside(self), kept),
        )
        self.register_outputs({})
