"""Look: is a machine still a member, and does somebody work there? Changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.errors import ForegroundError

if TYPE_CHECKING:
    from .run import Run

__all__ = ["is_member", "who_works_there"]


async def is_member(run: Run) -> bool:
    """Say whether the cluster still has the member; where nobody can say, it has.

    A storage member joined nothing, and a machine that does not answer may be back tomorrow:
    whether the server exists is for the cloud's own resource to say.
    """
    membership = run.membership
    if membership.role == "storage":
        return True
    try:
        return await run.kubectl.node(membership.name) is not None
    except ForegroundError as error:
        await run.row.say(f"kept as it was: {error.problem}")
        return True


async def who_works_there(run: Run) -> list[str]:
    """Return the sessions on the machine's node."""
    return await run.kubectl.sessions(run.membership.name)
