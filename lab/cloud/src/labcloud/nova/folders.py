"""Folders of machines and unpacked images in the state of Nova."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from labcloud.settings import Settings

__all__ = ["images", "machines"]


def machines(settings: Settings) -> Path:
    """Return the folder that has one folder for each machine, named by its UUID."""
    return settings.own_state("nova") / "machines"


def images(settings: Settings) -> Path:
    """Return the folder that has one unpacked tree for each image, named by its id."""
    return settings.own_state("nova") / "images"
