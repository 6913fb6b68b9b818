from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from infra.operations import waiting

if TYPE_CHECKING:
    from infra.operations.tests.conftest import Screen


def test_a_line_ends_with_the_time_since_the_row_began(screen: Screen) -> None:
    row = screen.row()
    screen.now = 12.4
    asyncio.run(row.say("w1: Install packages"))
    assert screen.lines == ["w1: Install packages (12 s)"]


def test_a_skipped_task_never_shows(screen: Screen) -> None:
    async def tasks() -> None:
        row = screen.row()
        row.begin("Undo half a join")
        await row.end("Undo half a join", skipped=True)
        row.begin("Join the cluster")
        await row.end("Join the cluster", skipped=False)

    asyncio.run(tasks())
    assert screen.lines == ["Join the cluster (0 s)"]


def test_a_long_task_shows_again_with_every_tick(screen: Screen) -> None:
    async def lines() -> list[str]:
        return screen.lines

    async def long_task() -> None:
        row = screen.row()
        async with row.ticking():
            row.begin("Join the cluster")
            screen.now = 7
            assert await waiting.until(lines, bool, within=10, interval=0.05)

    asyncio.run(long_task())
    assert screen.lines == ["Join the cluster (7 s)"]
