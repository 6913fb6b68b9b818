"""Leave: remove a machine by playbooks/leave.yml, once its sessions have ended. Idempotent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra.errors import ForegroundError

from . import waiting
from .sessions import SELECTORS
from .ssh import forget_host_key

if TYPE_CHECKING:
    from .operation import Operation

__all__ = ["leave"]

_LOGIN: Final = 10.0
"""Seconds in which a machine must answer SSH: a dead one must not delay its own leave."""

_NOT_READY: Final = 60.0
"""Seconds until a cluster notices a dead machine: Kubernetes' grace period is 50."""


async def leave(operation: Operation) -> None:
    """Let a member leave.

    The first control member does nothing: the cluster cannot exist without it, and when it goes,
    Pulumi does not delete the other members one by one (they are `deleted_with` it).

    Raises:
        ForegroundError: Sessions still run there. The node stays cordoned, the server untouched.
    """
    inputs = operation.inputs
    if not inputs.serves_the_api:
        dead = (await operation.try_login(_LOGIN)).status != 0
        if dead and inputs.control:
            await _check_dead(operation)
        await operation.run_playbook(
            "leave.yml",
            leave_patience=inputs.patience,
            leave_dead=dead,
            leave_session_selectors=list(SELECTORS),
        )
    forget_host_key(operation.context.known_hosts, inputs.server_id)


async def _check_dead(operation: Operation) -> None:
    """Treat a machine without SSH as dead only if its node is not Ready either."""
    name, kubectl = operation.inputs.name, operation.kubectl

    async def ready() -> bool:
        return await kubectl.ready(name)

    await operation.progress.show(f"{name} does not answer; asking the cluster")
    async with operation.progress.ticking():
        still = await waiting.until(ready, lambda is_ready: not is_ready, within=_NOT_READY)
    if still:
        raise ForegroundError(
            f"{name} does not answer SSH (tried {operation.connection.describe(name)}), but its "
            "node is Ready, so somebody may be working there",
            "Repair SSH to it, or stop the server if it shall go, and type `pulumi up` again",
        )
