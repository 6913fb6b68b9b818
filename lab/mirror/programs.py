"""The toolchain's programs that the mirror's content is made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import toolchain

if TYPE_CHECKING:
    from pathlib import Path

NAMES = (
    "accelerators",
    "containerd",
    "containerd-shim-runc-v2",
    "coredns",
    "ctr",
    "etcd",
    "etcdctl",
    "kube",
    "kube-router",
    "kubectl",
    "kueue",
    "kueue-chart",
    "podnet",
    "registry",
)


def programs() -> dict[str, Path]:
    """Where each program lies, by name; what is missing is built now."""
    return toolchain.ensure(NAMES)
