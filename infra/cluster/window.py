"""The rolling window: of the machines that a stack has, only so many are renewed at a time.

It stands in the program, because a machine that waits here is not yet known to Pulumi's engine
and holds none of its workers; a lock in the plugin was seen to fill them all and hang. The wait
hides in an input that is a plain awaitable, so no dependency between machines enters the state.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pulumi

from .member import TOKEN

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from .last_state import Have

__all__ = ["Window"]


class Window:
    """Lets at most ``size`` machines be renewed at once, in the program's order.

    A machine that is no member yet never waits. A member must not depend on anything that needs a
    later machine's turn.

    Args:
        server: Token of the servers.
        size: How many may be away.
        have: What the stack has.
        busy: Finds out who works on a machine, given its member's outputs.

    Attributes:
        postponed: Machines that keep what they have in this update, as somebody works there.
    """

    def __init__(
        self,
        server: str,
        size: int,
        have: Have,
        busy: Callable[[Mapping[str, Any]], Awaitable[list[str]]] | None = None,
    ) -> None:
        self.postponed: list[str] = []
        self._server = server
        self._slots = asyncio.Semaphore(size)
        self._away: set[str] = set()
        self._stuck = ""
        self._have = have
        self._busy = busy or sessions
        self._watching: set[asyncio.Future[None]] = set()

    async def turn(self, name: str, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
        """Wait for a machine's turn; return what its server is to be.

        Args:
            name: The machine's.
            wanted: Everything that would replace the server.
        """
        server, member = self._have.get((self._server, name)), self._have.get((TOKEN, name))
        if server is None or member is None:
            return wanted
        await self._slots.acquire()
        if self._stuck:
            self._slots.release()
            raise pulumi.RunError(
                f"{self._stuck} did not come back, so the machines after it stay as they are.\n"
                "  try: Mend it and type `pulumi up` again"
            )
        self._away.add(name)
        renewed = any(server.get(key) != value for key, value in wanted.items())
        if renewed and (who := await self._busy(member)):
            pulumi.warn(
                f"{name} stays as it is for now, somebody works there: {', '.join(who)}. "
                "Type `pulumi up` again when that has ended."
            )
            self.postponed.append(name)
            return {key: server.get(key) for key in wanted}
        return wanted

    def back(self, name: str, member: pulumi.Resource) -> None:
        """Pass the turn on as soon as a machine's member stands; to be called once per turn."""

        async def wait() -> None:
            try:
                await member.urn.future()
            except Exception:  # noqa: BLE001 - whatever it was, Pulumi tells it
                self._stuck = name
            if name in self._away:
                self._slots.release()

        watching = asyncio.ensure_future(wait())
        self._watching.add(watching)  # a task that nobody holds may vanish
        watching.add_done_callback(self._watching.discard)


async def sessions(member: Mapping[str, Any]) -> list[str]:
    """Ask our plugin who works on a machine; nobody does on one that has no node."""
    if member.get("role") != "worker":
        return []
    asked = {key: value for key, value in member.items() if key != "kubeconfig"}
    answer = await pulumi.runtime.invoke_async(
        "site:index:sessions", {"type": TOKEN, "stack": pulumi.get_stack(), **asked}
    )
    return [str(who) for who in answer["sessions"]]
