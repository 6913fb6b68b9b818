"""The one place that waits: a bounded interval, a deadline, one sentence at its end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from infra.errors import ForegroundError

if TYPE_CHECKING:
    from collections.abc import Callable

INTERVAL_S = 0.05


def until(true: Callable[[], object], what: str, seconds: float) -> None:
    """Return once `true()` is; `what` is what is waited for."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise ForegroundError(f"waited {seconds:.0f} s in vain: {what}")
        time.sleep(INTERVAL_S)
