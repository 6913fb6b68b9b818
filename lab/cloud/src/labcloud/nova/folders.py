"""Folders of machines and unpacked images in the state of Nova."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from labcloud.settings import Settings

__all__ = ["images", "machines"]


def machines(settings: Settings) -> Path:
    """Return the parent of all machines' folders, which are named by UUID."""
    return settings.own_state("nova") / "machines"


def images(settings: Settings) -> Path:
    """Return the parent of all unpacked images, which are named by image id."""
    return settings.own_state("nova") / "images"
