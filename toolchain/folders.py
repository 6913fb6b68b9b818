"""The cache's folders, outside the repository, so that checkouts share what took long to make."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["logs", "programs", "root"]


def root() -> Path:
    """The cache of everything that can be made again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "foreground"


def programs() -> Path:
    """Programs that are ready to run."""
    return root() / "programs"


def logs() -> Path:
    """What compilers said; made if missing."""
    folder = root() / "logs"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
