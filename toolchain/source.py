"""What every source of programs offers, be it Go modules, PyPI or, later, official releases."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Source", "Tick"]

Tick = Callable[[], None]
"""Called at least once a second while something long goes on."""


class Source(Protocol):
    """Where one program comes from."""

    def key(self) -> str:
        """Everything that decides about the program's bytes: another key, another program."""

    def provide(self, name: str, folder: Path, tick: Tick) -> None:
        """Put the program into this empty folder, under its name.

        Raises:
            ForegroundError: It cannot be had, and why, and what to type.
        """
