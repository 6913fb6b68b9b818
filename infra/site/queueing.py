"""Section `queueing`: Kueue, and when a preempted job gives up its quota."""

from __future__ import annotations

from pydantic import Field

from .section import Capability

__all__ = ["Queueing"]


class Queueing(Capability):
    """Kueue: batch, which takes what people leave."""

    recovery: int = Field(
        default=30,
        ge=5,
        description="Seconds after which a job that lost its pod gives its place back",
    )
