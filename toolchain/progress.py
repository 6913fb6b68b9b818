"""Which program is being built, how many are left, and how long it has taken."""

from __future__ import annotations

import shutil
import sys
import time
from dataclasses import dataclass, field
from typing import Final, TextIO

__all__ = ["Progress"]

_LINE_EVERY: Final = 15.0
"""Seconds between two lines where a line cannot be written over."""


@dataclass
class Progress:
    """What a person reads meanwhile: one line written over on a terminal, else now and then one.

    Args:
        stream: Where to.
        began: When the work began, by the monotonic clock.
    """

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    began: float = field(default_factory=time.monotonic)
    _words: str = ""
    _said: float = 0.0

    def begin(self, what: str, left: int) -> None:
        """Say what is worked on now, and how many come after it."""
        after = f", {left} more after it" if left else ""
        self._words = f"{what}{after}"
        self._say()

    def tick(self) -> None:
        """Let the clock go on."""
        if self.stream.isatty() or time.monotonic() - self._said >= _LINE_EVERY:
            self._say()

    def done(self, what: str) -> None:
        """Leave a line behind."""
        self._words = what
        self._say(end="\n")

    def clear(self) -> None:
        """Take away the line that would have been written over."""
        if self.stream.isatty():
            self.stream.write("\r\x1b[K")
            self.stream.flush()

    def _say(self, end: str = "") -> None:
        self._said = time.monotonic()
        line = f"[{self._said - self.began:4.0f} s] {self._words}"
        if self.stream.isatty():
            width = shutil.get_terminal_size().columns - 1
            self.stream.write(f"\r\x1b[K{line[:width]}{end}")
        else:
            self.stream.write(f"{line}\n")
        self.stream.flush()
