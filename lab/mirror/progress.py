"""One line for each thing that takes its time, with the seconds since the command began."""

from __future__ import annotations

import sys
import time

_BEGAN = time.monotonic()


def say(line: str) -> None:
    """Tell the person in front what happens now."""
    sys.stderr.write(f"mirror  {time.monotonic() - _BEGAN:5.1f} s  {line}\n")
    sys.stderr.flush()
