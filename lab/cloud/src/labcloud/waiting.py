"""Polling for labcloud: wait for a condition until a deadline."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["answers", "until"]

INTERVAL_S = 0.1
ANSWER_S = 2


def until(condition: Callable[[], bool], limit_s: float, otherwise: str) -> None:
    """Wait until a condition holds.

    Raises:
        TimeoutError: It does not hold after so many seconds.
    """
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{otherwise} within {limit_s:.0f} s")
        time.sleep(INTERVAL_S)


def answers(url: str) -> bool:
    """Return whether a server at a URL responds over HTTP, with any status."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        direct.open(url, timeout=ANSWER_S).close()
    except urllib.error.HTTPError as error:
        error.close()
    except OSError:
        return False
    return True
