"""The rolling update, with machines that become ready when the test says so."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from infra.cluster.rolling_update import RollingUpdate

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from infra.cluster.last_state import State

SERVER, MEMBER = "openstack:compute/instance:Instance", "site:index:Member"
OLD, NEW = {"imageName": "old"}, {"imageName": "new"}


class FakeMember:
    """A member that becomes ready, or fails, when the test says so."""

    def __init__(self) -> None:
        self.urn = self
        self.ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def future(self) -> str:
        """Wait like the future of a URN."""
        return await self.ready


class Rollout:
    """A rolling update of machines that the stack has, and the result of each turn."""

    def __init__(
        self, size: int, names: list[str], busy: Mapping[str, list[str]] | None = None
    ) -> None:
        self.members: dict[str, FakeMember] = {}
        self.turns: dict[str, asyncio.Task[Mapping[str, Any]]] = {}
        self.state: State = {(SERVER, name): dict(OLD) for name in names}
        self.state |= {(MEMBER, name): {"name": name, "role": "worker"} for name in names}

        async def sessions(member: Mapping[str, Any]) -> list[str]:
            return (busy or {}).get(member["name"], [])

        self.update = RollingUpdate(size, self.state, sessions)

    def begin(self, *names: str, wanted: Mapping[str, Any] = NEW) -> None:
        """Do as the program does: wait for each turn, then watch the member."""
        for name in names:
            self.turns[name] = asyncio.ensure_future(self.update.turn(name, wanted))
            self.members[name] = FakeMember()
            self.update.release_when_ready(name, self.members[name])  # type: ignore[arg-type]

    async def settle(self) -> list[str]:
        """Let all tasks run until they wait; return the machines whose turn has come."""
        for _ in range(20):
            await asyncio.sleep(0)
        return [name for name, turn in self.turns.items() if turn.done()]

    def finish(self, name: str) -> None:
        """Let a member become ready."""
        self.members[name].ready.set_result("urn")


def in_a_loop(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    """Run an asynchronous test."""

    def run() -> None:
        asyncio.run(test())  # type: ignore[arg-type]

    run.__name__ = test.__name__
    return run


@in_a_loop
async def test_one_machine_at_a_time_and_the_next_when_its_member_is_ready() -> None:
    roll = Rollout(1, ["w0", "w1", "w2"])
    roll.begin("w0", "w1", "w2")
    assert await roll.settle() == ["w0"]
    roll.finish("w0")
    assert await roll.settle() == ["w0", "w1"]
    roll.finish("w1")
    assert await roll.settle() == ["w0", "w1", "w2"]
    assert roll.turns["w2"].result() == NEW


@in_a_loop
async def test_as_many_at_a_time_as_the_site_file_allows() -> None:
    roll = Rollout(2, ["w0", "w1", "w2"])
    roll.begin("w0", "w1", "w2")
    assert await roll.settle() == ["w0", "w1"]


@in_a_loop
async def test_a_new_machine_never_waits() -> None:
    roll = Rollout(1, ["w0", "w1"])
    roll.begin("w0", "w1", "w2", "w3")
    assert await roll.settle() == ["w0", "w2", "w3"]
    roll.finish("w2")  # a new machine held no turn, so it gives none to the next
    assert await roll.settle() == ["w0", "w2", "w3"]


@in_a_loop
async def test_a_server_that_never_joined_does_not_wait_either() -> None:
    roll = Rollout(1, ["w0", "w1"])
    roll.state.pop((MEMBER, "w1"))
    roll.begin("w0", "w1")
    assert await roll.settle() == ["w0", "w1"]


@in_a_loop
async def test_a_machine_with_a_session_keeps_its_server() -> None:
    roll = Rollout(1, ["w0", "w1"], busy={"w0": ["sessions/jupyter-ada"]})
    roll.begin("w0", "w1")
    assert await roll.settle() == ["w0"]
    assert roll.turns["w0"].result() == OLD
    assert roll.update.postponed == ["w0"]
    roll.finish("w0")
    assert await roll.settle() == ["w0", "w1"]
    assert roll.turns["w1"].result() == NEW


@in_a_loop
async def test_a_machine_whose_server_does_not_change_is_not_postponed() -> None:
    roll = Rollout(1, ["w0"], busy={"w0": ["sessions/jupyter-ada"]})
    roll.begin("w0", wanted=OLD)
    assert await roll.settle() == ["w0"]
    assert roll.update.postponed == []


@in_a_loop
async def test_after_a_machine_that_failed_the_others_are_left_alone() -> None:
    roll = Rollout(1, ["w0", "w1", "w2"])
    roll.begin("w0", "w1", "w2")
    await roll.settle()
    roll.members["w0"].ready.set_exception(RuntimeError("join failed"))
    assert await roll.settle() == ["w0", "w1", "w2"]
    for name in ("w1", "w2"):
        with pytest.raises(pulumi.RunError, match="w0 did not come back"):
            roll.turns[name].result()
