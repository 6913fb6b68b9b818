"""Section `queueing`: Kueue, and the time until a preempted job is requeued."""

from __future__ import annotations

from pydantic import Field

from .capability import Capability

__all__ = ["Queueing"]


class Queueing(Capability):
    """Kueue, which admits batch jobs to the accelerators that sessions leave free."""

    recovery: int = Field(
        default=30,
        ge=5,
        description="Seconds until a job whose pod was preempted loses its quota and is requeued",
    )
