"""Retry loop of the plugin's operations: repeat an attempt until it succeeds or time is up."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["until"]

Value = TypeVar("Value")


async def until(
    attempt: Callable[[], Awaitable[Value]],
    good: Callable[[Value], bool],
    *,
    within: float,
    interval: float = 0.5,
    clock: Callable[[], float] = time.monotonic,
) -> Value:
    """Repeat ``attempt`` until its result is ``good`` or the time is up; return the last result.

    Args:
        attempt: Is called at least once, and never twice at a time.
        good: Whether a result ends the loop.
        within: Seconds from now.
        interval: Seconds between two attempts.
        clock: Returns the time in seconds.
    """
    deadline = clock() + within
    while True:
        result = await attempt()
        if good(result) or clock() >= deadline:
            return result
        await asyncio.sleep(min(interval, max(0.0, deadline - clock())))
