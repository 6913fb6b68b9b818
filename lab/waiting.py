"""Polling: wait for a condition until a deadline, then raise a ForegroundError."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from infra.errors import ForegroundError

if TYPE_CHECKING:
    from collections.abc import Callable

INTERVAL_S = 0.05


def until(condition: Callable[[], object], what: str, seconds: float) -> None:
    """Return when the condition holds.

    Args:
        condition: The condition.
        what: The condition in words, for the error.
        seconds: How long to wait.

    Raises:
        ForegroundError: The condition does not hold after so many seconds.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise ForegroundError(f"waited {seconds:.0f} s in vain: {what}")
        time.sleep(INTERVAL_S)
