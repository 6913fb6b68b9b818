"""Programs in the mirror: upstream's of the toolchain, the pause container, the device plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import toolchain
from lab.accelerators import ACCELERATORS
from lab.mirror.pause import PAUSE
from toolchain.programs import PROGRAMS

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["REGISTRY", "ROWS", "programs"]

REGISTRY: Final = "registry"
"""The program that serves the images."""

ROWS: Final = (*(row for row in PROGRAMS.values() if row.published), PAUSE, ACCELERATORS)
"""All programs that the mirror publishes in some form."""

_PARTS: Final = {part for row in ROWS for image in row.images for part in image.with_programs}


def programs() -> dict[str, Path]:
    """Build what is missing; return the files by name."""
    needed = {REGISTRY, *_PARTS}
    rows = (row for row in PROGRAMS.values() if row.published or row.name in needed)
    return toolchain.build([*rows, PAUSE, ACCELERATORS])
