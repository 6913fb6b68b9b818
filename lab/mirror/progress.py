"""Progress of the mirror: a line for each long step, with the seconds since the command began."""

from __future__ import annotations

import sys
import time

from toolchain.progress import CLEAR

_BEGAN = time.monotonic()


def say(line: str) -> None:
    """Write a line; on a terminal it replaces the toolchain's progress line."""
    start = CLEAR if sys.stderr.isatty() else ""
    sys.stderr.write(f"{start}mirror  {time.monotonic() - _BEGAN:5.1f} s  {line}\n")
    sys.stderr.flush()
