"""The progress line: elapsed time, skipped tasks, ticks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from infra.operations import waiting

if TYPE_CHECKING:
    from infra.operations.tests.conftest import Screen


def test_a_text_ends_with_the_elapsed_time(screen: Screen) -> None:
    progress = screen.progress()
    screen.now = 12.4
    asyncio.run(progress.show("w1: Install packages"))
    assert screen.lines == ["w1: Install packages (12 s)"]


def test_a_skipped_task_never_shows(screen: Screen) -> None:
    async def tasks() -> None:
        progress = screen.progress()
        progress.begin("Undo an interrupted join")
        await progress.end("Undo an interrupted join", skipped=True)
        progress.begin("Join the cluster")
        await progress.end("Join the cluster", skipped=False)

    asyncio.run(tasks())
    assert screen.lines == ["Join the cluster (0 s)"]


def test_a_long_task_shows_at_every_tick(screen: Screen) -> None:
    async def lines() -> list[str]:
        return screen.lines

    async def long_task() -> None:
        progress = screen.progress()
        async with progress.ticking():
            progress.begin("Join the cluster")
            screen.now = 7
            assert await waiting.until(lines, bool, within=10, interval=0.05)

    asyncio.run(long_task())
    assert screen.lines == ["Join the cluster (7 s)"]
