"""Folders of the cache, which is outside the repository, so that checkouts share it."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["logs", "programs", "root"]


def root() -> Path:
    """The cache; everything in it can be made again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "foreground"


def programs() -> Path:
    """Folder of programs that are ready to run."""
    return root() / "programs"


def logs() -> Path:
    """Folder of the logs of builds, created if it is missing."""
    folder = root() / "logs"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
