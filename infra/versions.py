"""Every version of something that upstream publishes, once; without a leading v."""

from __future__ import annotations

from typing import Final

# --- upstream programs; toolchain/modules/*/go.mod require the same, and a test compares them ---

CONTAINERD: Final = "2.3.4"
COREDNS: Final = "1.14.6"
ETCD: Final = "3.6.14"
KUBERNETES: Final = "1.36.4"
KUBERNETES_BUILD_DATE: Final = "2026-08-20T00:00:00Z"
"""Upstream's own date of this release: a build of ours must not change with the day."""

KUBE_ROUTER: Final = "2.6.3-k3s1"
KUEUE: Final = "0.19.2"
"""0.19.5 to 0.19.7 are refused by the module registry."""

PAUSE: Final = "3.10.2"
"""The one that kubeadm of this Kubernetes asks for."""

PODNET: Final = "0.2.0"
"""Our own: services/network/podnet."""

REGISTRY: Final = "3.0.0"
TRAEFIK: Final = "3.7.15"

# Engine and SDK must be one version, a plugin and its SDK as well (pyproject.toml has the SDKs).
PULUMI: Final = "3.259.0"
PULUMI_KUBERNETES: Final = "4.25.0"
PULUMI_OPENSTACK: Final = "5.5.1"
