"""Whose turn it is: the rolling window, with machines that take as long as the test says."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from infra.cluster.window import Window

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from infra.cluster.last_state import Have

SERVER, MEMBER = "openstack:compute/instance:Instance", "site:index:Member"
OLD, NEW = {"imageName": "old"}, {"imageName": "new"}


class Standing:
    """A member that stands, or fails, when the test says so."""

    def __init__(self) -> None:
        self.urn = self
        self.stands: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def future(self) -> str:
        """Wait as for a URN."""
        return await self.stands


class Roll:
    """A window over machines that are all there, and what came of each turn."""

    def __init__(
        self, size: int, have: list[str], busy: Mapping[str, list[str]] | None = None
    ) -> None:
        self.members: dict[str, Standing] = {}
        self.turns: dict[str, asyncio.Task[Mapping[str, Any]]] = {}
        self.state: Have = {(SERVER, name): dict(OLD) for name in have}
        self.state |= {(MEMBER, name): {"name": name, "role": "worker"} for name in have}

        async def works(member: Mapping[str, Any]) -> list[str]:
            return (busy or {}).get(member["name"], [])

        self.window = Window(SERVER, size, self.state, works)

    def ask(self, *names: str, wanted: Mapping[str, Any] = NEW) -> None:
        """Do as the program does: ask for each server, and watch its member."""
        for name in names:
            self.turns[name] = asyncio.ensure_future(self.window.turn(name, wanted))
            self.members[name] = Standing()
            self.window.back(name, self.members[name])  # type: ignore[arg-type]

    async def come(self) -> list[str]:
        """Let everything happen that can; return the machines whose turn has come."""
        for _ in range(20):
            await asyncio.sleep(0)
        return [name for name, turn in self.turns.items() if turn.done()]

    def stand(self, name: str) -> None:
        """Let a member stand."""
        self.members[name].stands.set_result("urn")


def in_a_loop(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    """Run an asynchronous test."""

    def run() -> None:
        asyncio.run(test())  # type: ignore[arg-type]

    run.__name__ = test.__name__
    return run


@in_a_loop
async def test_one_machine_at_a_time_and_the_next_when_its_member_stands() -> None:
    roll = Roll(1, ["w0", "w1", "w2"])
    roll.ask("w0", "w1", "w2")
    assert await roll.come() == ["w0"]
    roll.stand("w0")
    assert await roll.come() == ["w0", "w1"]
    roll.stand("w1")
    assert await roll.come() == ["w0", "w1", "w2"]
    assert roll.turns["w2"].result() == NEW


@in_a_loop
async def test_as_many_at_a_time_as_the_site_says() -> None:
    roll = Roll(2, ["w0", "w1", "w2"])
    roll.ask("w0", "w1", "w2")
    assert await roll.come() == ["w0", "w1"]


@in_a_loop
async def test_a_new_machine_never_waits() -> None:
    roll = Roll(1, ["w0", "w1"])
    roll.ask("w0", "w1", "w2", "w3")
    assert await roll.come() == ["w0", "w2", "w3"]
    roll.stand("w2")  # that of a new machine passes no turn on
    assert await roll.come() == ["w0", "w2", "w3"]


@in_a_loop
async def test_a_server_that_never_joined_does_not_wait_either() -> None:
    roll = Roll(1, ["w0", "w1"])
    roll.state.pop((MEMBER, "w1"))
    roll.ask("w0", "w1")
    assert await roll.come() == ["w0", "w1"]


@in_a_loop
async def test_a_machine_that_somebody_works_on_keeps_what_it_has() -> None:
    roll = Roll(1, ["w0", "w1"], busy={"w0": ["sessions/jupyter-ada"]})
    roll.ask("w0", "w1")
    assert await roll.come() == ["w0"]
    assert roll.turns["w0"].result() == OLD
    assert roll.window.postponed == ["w0"]
    roll.stand("w0")
    assert await roll.come() == ["w0", "w1"]
    assert roll.turns["w1"].result() == NEW


@in_a_loop
async def test_a_machine_that_changes_nothing_is_not_postponed() -> None:
    roll = Roll(1, ["w0"], busy={"w0": ["sessions/jupyter-ada"]})
    roll.ask("w0", wanted=OLD)
    assert await roll.come() == ["w0"]
    assert roll.window.postponed == []


@in_a_loop
async def test_after_a_machine_that_did_not_come_back_the_others_stay() -> None:
    roll = Roll(1, ["w0", "w1", "w2"])
    roll.ask("w0", "w1", "w2")
    await roll.come()
    roll.members["w0"].stands.set_exception(RuntimeError("join failed"))
    assert await roll.come() == ["w0", "w1", "w2"]
    for name in ("w1", "w2"):
        with pytest.raises(pulumi.RunError, match="w0 did not come back"):
            roll.turns[name].result()
