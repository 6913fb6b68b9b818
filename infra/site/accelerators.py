"""Section `accelerators`: the device plugin."""

from __future__ import annotations

from pydantic import Field

from .section import Capability

__all__ = ["Accelerators"]


class Accelerators(Capability):
    """The device plugin that tells Kubernetes of the cards in each machine."""

    image: str = Field(min_length=1, description="Its image, on every node with accelerators")
    arguments: list[str] = Field(
        default_factory=list,
        description="Its arguments; the machine's device files are seen at /host/dev",
    )
