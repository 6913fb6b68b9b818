"""Loop devices of the kernel: which device has a given file open."""

from __future__ import annotations

from pathlib import Path

__all__ = ["device_of"]

BLOCK = Path("/sys/block")


def device_of(file: Path, block: Path = BLOCK) -> str | None:
    """Return the name of the loop device that has a file open, or None."""
    for backing in block.glob("loop*/loop/backing_file"):
        try:
            if backing.read_text().strip() == str(file):
                return backing.parent.parent.name
        except OSError:  # detached meanwhile
            continue
    return None
