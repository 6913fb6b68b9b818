"""Search for Pulumi's own language host: the first on PATH that is a compiled program."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["NAME", "official"]

NAME = "pulumi-language-python"
"""Name that the engine looks for on PATH."""


def official() -> Path | None:
    """The first host on PATH that is a compiled program: ours is a script."""
    for folder in os.get_exec_path():
        place = Path(folder, NAME)
        if place.is_file() and os.access(place, os.X_OK) and _is_compiled(place):
            return place
    return None


def _is_compiled(place: Path) -> bool:
    with place.open("rb") as file:
        return file.read(2) != b"#!"
