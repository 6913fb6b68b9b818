"""Look: is a machine still a member, and does somebody work there? Changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.errors import ForegroundError

if TYPE_CHECKING:
    from .operation import Run

__all__ = ["node_of", "pod_cidr", "who_works_there"]


async def node_of(run: Run) -> dict[str, Any] | None:
    """Return the member's node, None where the cluster has it no more; empty if nobody can say.

    A storage member joined nothing, and a machine that does not answer may be back tomorrow:
    whether the server exists is for the cloud's own resource to say.
    """
    membership = run.membership
    if membership.role == "storage":
        return {}
    try:
        return await run.kubectl.node(membership.name)
    except ForegroundError as error:
        await run.row.say(f"kept as it was: {error.problem}")
        return {}


def pod_cidr(node: dict[str, Any]) -> str | None:
    """Return the range of the pods on a node: all that its port must let through."""
    return node.get("spec", {}).get("podCIDR") or None


async def who_works_there(run: Run) -> list[str]:
    """Return the sessions on the machine's node."""
    return await run.kubectl.sessions(run.membership.name)
