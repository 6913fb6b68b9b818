"""The member's own row of `pulumi up`: what happens now, and for how long already."""

from __future__ import annotations

import asyncio
import contextlib
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

__all__ = ["Row"]

_TICK: Final = 1.0
"""Seconds between two looks at the clock; also how long a task may run before it is shown."""


class Row:
    """Writes one line after the other over itself; a task that is skipped never shows.

    Args:
        write: Shows one line.
        clock: Tells the time, in seconds.
    """

    def __init__(
        self, write: Callable[[str], Awaitable[None]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write = write
        self._clock = clock
        self._began = clock()
        self._now = ""

    async def say(self, text: str) -> None:
        """Show ``text`` at once. The time stands last: a narrow row is cut at its end."""
        self._now = text
        await self._write(f"{text} ({self._clock() - self._began:.0f} s)")

    def begin(self, text: str) -> None:
        """Remember that ``text`` has begun; it is shown when it ends or the clock ticks."""
        self._now = text

    async def end(self, text: str, *, skipped: bool) -> None:
        """Show a task that did something; forget one that was skipped."""
        if skipped:
            self._now = ""
        else:
            await self.say(text)

    @asynccontextmanager
    async def ticking(self) -> AsyncIterator[None]:
        """Keep the row up to date while something long runs."""
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
            if self._now:
                await self.say(self._now)
