"""Leave: a machine stops being a member, without hurting anybody who works on it. Idempotent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra.errors import ForegroundError

from . import waiting
from .ssh import forget

if TYPE_CHECKING:
    from .operation import Run

__all__ = ["leave"]

_GREETING: Final = 10.0
"""Seconds that a machine has to answer: a dead one must not hold up its own leave."""

_NOT_READY: Final = 60.0
"""Seconds until a cluster notices a dead machine: Kubernetes' grace is 50."""


async def leave(run: Run) -> None:
    """Let a member leave.

    The first control member has nothing to leave: it *is* the cluster, and when it goes, Pulumi
    does not call this for the others (they are `deleted_with` it).

    Raises:
        ForegroundError: With who is still there. The node stays cordoned, the server untouched.
    """
    membership = run.membership
    if not membership.holds_the_cluster:
        dead = (await run.answers(_GREETING)).status != 0
        if dead and membership.control:
            await _check_dead(run)
        await run.play("leave.yml", leave_patience=membership.patience, leave_dead=dead)
    forget(run.bench.known_hosts, membership.server_id)


async def _check_dead(run: Run) -> None:
    """Believe that a machine is dead only when the cluster says so as well."""
    name, kubectl = run.membership.name, run.kubectl

    async def ready() -> bool:
        return await kubectl.ready(name)

    await run.row.say(f"{name} does not answer; asking the cluster")
    async with run.row.ticking():
        still = await waiting.until(ready, lambda is_ready: not is_ready, within=_NOT_READY)
    if still:
        raise ForegroundError(
            f"{name} does not answer SSH (tried {run.way.describe(name)}), but its node is Ready, "
            "so somebody may be working there",
            "Mend the way to it, or stop the server if it shall go, and type `pulumi up` again",
        )
