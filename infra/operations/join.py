"""Join: a machine becomes, or stays, the member that the site wants. Safe to run again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from .inspect import pod_cidr
from .kubeconfig import handed_out

if TYPE_CHECKING:
    from .operation import Run

__all__ = ["MARK", "Joined", "join"]

MARK: Final = "/etc/kubernetes/.foreground-member"
"""Written last by the playbook: a join that was cut off has none, and is undone and done again."""


@dataclass(frozen=True)
class Joined:
    """What a member says of itself.

    Attributes:
        kubeconfig: From the first control member, for people outside; else empty.
        mark: What the playbook wrote down last: version, since when. Empty for a storage member.
        pod_cidr: Range of the pods on this machine: all that its port must let through.
    """

    kubeconfig: str
    mark: dict[str, Any]
    pod_cidr: str | None


async def join(run: Run) -> Joined:
    """Wait for the machine, run its playbook, and return what came of it."""
    membership = run.membership
    kubeconfig = run.folder / "kubeconfig"
    await run.reach()
    if membership.holds_the_cluster:
        await run.play("site.yml", kubernetes_kubeconfig=str(kubeconfig))
    else:
        await run.play("site.yml")
    text = kubeconfig.read_text() if kubeconfig.exists() else ""
    return Joined(
        kubeconfig=handed_out(text, membership.public_address) if text else "",
        mark=await _mark(run) if membership.role != "storage" else {},
        pod_cidr=await _pod_cidr(run) if membership.role != "storage" else None,
    )


async def _mark(run: Run) -> dict[str, Any]:
    ended = await run.way.run(run.membership.name, "cat", MARK)
    return dict(json.loads(ended.out)) if ended.status == 0 else {}


async def _pod_cidr(run: Run) -> str | None:
    return pod_cidr(await run.kubectl.node(run.membership.name) or {})
