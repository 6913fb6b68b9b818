"""Section `accelerators`: image and arguments of the Kubernetes device plugin."""

from __future__ import annotations

from pydantic import Field

from .capability import Capability

__all__ = ["Accelerators"]


class Accelerators(Capability):
    """Kubernetes device plugin, which reports the accelerators of each node to the kubelet."""

    image: str = Field(min_length=1, description="Image of the device plugin, as a pod names it")
    arguments: list[str] = Field(
        default_factory=list,
        description="Arguments of the device plugin; /dev of the node is mounted at /host/dev",
    )
