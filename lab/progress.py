"""What a person in front of a command sees: one line for each step, with the elapsed time."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field

__all__ = ["Progress"]


@dataclass(frozen=True)
class Progress:
    """Lines of one command."""

    site: str
    began: float = field(default_factory=time.monotonic)

    def say(self, line: str) -> None:
        """Tell what has just been reached, or what takes its time now."""
        sys.stdout.write(f"{self.site}  {self.elapsed:6.1f} s  {line}\n")
        sys.stdout.flush()

    @property
    def elapsed(self) -> float:
        """Seconds since the command began."""
        return time.monotonic() - self.began
