"""Section `leave`: how long a machine that goes waits for the sessions on it."""

from __future__ import annotations

from pydantic import Field

from .section import Section

__all__ = ["Leave"]


class Leave(Section):
    """How machines go."""

    patience: int = Field(
        default=120, ge=0, description="Seconds that a leave waits for people's sessions to end"
    )
