"""Placement in one process: its WSGI application and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from placement.wsgi.api import application

from labcloud.serving import Parts

if TYPE_CHECKING:
    from labcloud.settings import Settings

__all__ = ["start"]


def start(_settings: Settings) -> Parts:
    """Return the application, which was created when it was imported."""
    return Parts(application)
