"""Interface of the sources of programs, such as Go modules and Python packages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Source", "Tick"]

Tick = Callable[[], None]
"""Function that long operations call at least once a second, for the progress line."""


class Source(Protocol):
    """Source of one program."""

    def key(self) -> str:
        """Text that changes with everything that decides about the program's bytes."""

    def provide(self, name: str, folder: Path, tick: Tick) -> None:
        """Write the program to an empty folder, under its name.

        Args:
            name: Name of the file.
            folder: The folder.
            tick: To be called meanwhile.

        Raises:
            ForegroundError: It cannot be built or downloaded.
        """
