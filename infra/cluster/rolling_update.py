"""Rolling update: replaces or updates at most `maxUnavailable` machines of a site at a time.

The wait is in the Pulumi program: a machine that waits is not yet registered, so it holds none of
the engine's workers. A lock in the plugin was seen to fill all workers and hang. The wait is an
input that is a plain awaitable, so no dependency between machines enters the state.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pulumi

from infra import tokens

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from .last_state import State

__all__ = ["RollingUpdate"]


class RollingUpdate:
    """Limits how many machines are replaced or updated at once, in the program's order.

    A machine that is no member yet never waits. A member must not depend on anything that needs
    the turn of a later machine.

    Args:
        size: Number of machines that may be unavailable at a time.
        state: The last state of the stack.
        sessions: Returns the sessions on a machine, given its member's outputs.

    Attributes:
        postponed: Machines that keep their server in this update, because a session runs there.
    """

    def __init__(
        self,
        size: int,
        state: State,
        sessions: Callable[[Mapping[str, Any]], Awaitable[list[str]]] | None = None,
    ) -> None:
        self.postponed: list[str] = []
        self._slots = asyncio.Semaphore(size)
        self._unavailable: set[str] = set()
        self._failed = ""
        self._state = state
        self._sessions = sessions or _sessions_on
        self._watching: set[asyncio.Future[None]] = set()

    async def turn(self, name: str, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
        """Wait until a machine may be replaced or updated; return the properties of its server.

        Args:
            name: Name of the machine.
            wanted: The properties that would replace the server if they differ.
        """
        server = self._state.get((tokens.SERVER, name))
        member = self._state.get((tokens.MEMBER, name))
        if server is None or member is None:
            return wanted
        await self._slots.acquire()
        if self._failed:
            self._slots.release()
            raise pulumi.RunError(
                f"{self._failed} did not come back, so the machines after it stay as they are.\n"
                "  try: Fix the cause and type `pulumi up` again"
            )
        self._unavailable.add(name)
        replaced = any(server.get(key) != value for key, value in wanted.items())
        if replaced and (sessions := await self._sessions(member)):
            pulumi.warn(
                f"{name} stays as it is for now, somebody works there: {', '.join(sessions)}. "
                "Type `pulumi up` again when that has ended."
            )
            self.postponed.append(name)
            return {key: server.get(key) for key in wanted}
        return wanted

    def release_when_ready(self, name: str, last: pulumi.Resource) -> None:
        """Give the next machine its turn when a resource of this machine is created or updated.

        Args:
            name: Name of the machine. To be called once per machine.
            last: The last resource of the machine.
        """

        async def wait() -> None:
            try:
                await last.urn.future()
            except Exception:  # noqa: BLE001 - whatever it was, Pulumi reports it
                self._failed = name
            if name in self._unavailable:
                self._slots.release()

        watching = asyncio.ensure_future(wait())
        self._watching.add(watching)  # asyncio itself holds no reference to a task
        watching.add_done_callback(self._watching.discard)


async def _sessions_on(member: Mapping[str, Any]) -> list[str]:
    """Return the sessions on a machine, by a function of our plugin; only workers have any."""
    if member.get("role") != "worker":
        return []
    inputs = {key: value for key, value in member.items() if key != "kubeconfig"}
    response = await pulumi.runtime.invoke_async(
        tokens.SESSIONS_FUNCTION, {"type": tokens.MEMBER, "stack": pulumi.get_stack(), **inputs}
    )
    return [str(session) for session in response["sessions"]]
