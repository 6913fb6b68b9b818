"""Progress lines of a command: the site, the elapsed seconds, the step."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field

from toolchain.progress import CLEAR

__all__ = ["Progress"]


@dataclass(frozen=True)
class Progress:
    """Printer of a command's progress lines."""

    site: str
    began: float = field(default_factory=time.monotonic)

    def say(self, line: str) -> None:
        """Print a line: a finished step, or a step that takes long."""
        start = CLEAR if sys.stdout.isatty() else ""
        sys.stdout.write(f"{start}{self.site}  {self.elapsed:6.1f} s  {line}\n")
        sys.stdout.flush()

    @property
    def elapsed(self) -> float:
        """Seconds since the command began."""
        return time.monotonic() - self.began
