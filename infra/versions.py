"""Versions of upstream's programs that the product itself names; without a leading v.

The toolchain's table (toolchain/programs.py) builds these versions, and a test compares them with
the go.mod files. Versions that only the toolchain needs are in that table.
"""

from __future__ import annotations

from typing import Final

CONTAINERD: Final = "2.3.4"
KUBERNETES: Final = "1.36.4"
KUBE_ROUTER: Final = "2.6.3-k3s1"
KUEUE: Final = "0.19.2"
"""Newer ones are not usable yet: the module registry refuses 0.19.5 to 0.19.7."""
PAUSE: Final = "3.10.2"
"""The one that kubeadm of this Kubernetes asks for."""

PAUSE_IMAGE: Final = f"registry.k8s.io/pause:{PAUSE}"
"""Container that does nothing, for pods that only hold a place or an image."""
