"""Cluster DNS component: host names of the site, added to the configuration of CoreDNS.

It replaces the Corefile as a whole (`patchForce`), with the one that kubeadm writes and a block
`hosts` in it. On a cluster that we built this loses nothing. On an existing cluster it would lose
what its operators wrote there, so it is deployed there only if the site file names hosts that the
pods cannot look up otherwise (`ingress.hosts`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMapPatch
from pulumi_kubernetes.meta.v1 import ObjectMetaPatchArgs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.overlay.base.target import Target

__all__ = ["ClusterDns"]

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
"""The Corefile of kubeadm with a block `hosts`; CoreDNS reads it again when it changes."""


class ClusterDns(pulumi.ComponentResource):
    """Host names in the name server of the cluster.

    Args:
        name: Unique within the stack.
        hosts: Addresses by host name.
        target: Where.
    """

    def __init__(self, name: str, hosts: Mapping[str, pulumi.Input[str]], target: Target) -> None:
        super().__init__("foreground:overlay:Resolving", name, None, target.component_options)
        lines = [
            pulumi.Output.concat("       ", address, " ", host) for host, address in hosts.items()
        ]
        corefile = pulumi.Output.all(*lines).apply(
            lambda known: _COREFILE.format(hosts="\n".join(known))
        )
        # kubeadm made the object: without this resource it stays as it is, and is not deleted
        retained = pulumi.ResourceOptions(retain_on_delete=True)
        ConfigMapPatch(
            name,
            metadata=ObjectMetaPatchArgs(
                name="coredns",
                namespace="kube-system",
                annotations={"pulumi.com/patchForce": "true"},
            ),
            data={"Corefile": corefile},
            opts=pulumi.ResourceOptions.merge(target.inside(self).options, retained),
        )
        self.register_outputs({})
