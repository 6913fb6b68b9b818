"""ProgressLine: the member's line in `pulumi up`, with the current task and the elapsed time."""

from __future__ import annotations

import asyncio
import contextlib
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

__all__ = ["ProgressLine"]

_TICK: Final = 1.0
"""Seconds between two updates of the elapsed time; a shorter task is shown only at its end."""


class ProgressLine:
    """Shows one text after the other in the same line; a skipped task never shows.

    Args:
        write: Shows one text.
        clock: Returns the time in seconds.
    """

    def __init__(
        self, write: Callable[[str], Awaitable[None]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write = write
        self._clock = clock
        self._began = clock()
        self._current = ""

    async def show(self, text: str) -> None:
        """Show ``text`` at once. The time is last, as Pulumi cuts the end of a long line."""
        self._current = text
        await self._write(f"{text} ({self._clock() - self._began:.0f} s)")

    def begin(self, text: str) -> None:
        """Remember that a task has begun; it shows at its end or at the next tick."""
        self._current = text

    async def end(self, text: str, *, skipped: bool) -> None:
        """Show a task that has ended; forget one that was skipped."""
        if skipped:
            self._current = ""
        else:
            await self.show(text)

    @asynccontextmanager
    async def ticking(self) -> AsyncIterator[None]:
        """Update the elapsed time while something long runs."""
        ticker = asyncio.ensure_future(self._tick())
        try:
            yield
        finally:
            ticker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ticker

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK)
            if self._current:
                await self.show(self._current)
