"""Section `leave`: how long the removal of a machine waits for the sessions on it."""

from __future__ import annotations

from pydantic import Field

from .section import Section

__all__ = ["Leave"]


class Leave(Section):
    """Removal of a machine from the cluster."""

    patience: int = Field(
        default=120,
        ge=0,
        description="Seconds that a removal waits for sessions to end before it fails",
    )
