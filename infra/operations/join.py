"""Join: configure a machine by playbooks/site.yml, so that it is the wanted member. Idempotent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from .inspect import pod_cidr
from .kubeconfig import for_people

if TYPE_CHECKING:
    from .operation import Operation

__all__ = ["MARK", "Joined", "join"]

MARK: Final = "/etc/kubernetes/.foreground-member"
"""File that the playbook writes last. A join without it was interrupted, and is done again."""


@dataclass(frozen=True)
class Joined:
    """Outputs of a member.

    Attributes:
        kubeconfig: Kubeconfig for people outside, from the first control member; else empty.
        mark: Content of the file MARK: version, time of the join. Empty for a storage member.
        pod_cidr: Range of the pods on this machine; a storage member has none.
    """

    kubeconfig: str
    mark: dict[str, Any]
    pod_cidr: str | None


async def join(operation: Operation) -> Joined:
    """Wait for the machine, run its playbook, and return the outputs."""
    inputs = operation.inputs
    kubeconfig = operation.folder / "kubeconfig"
    await operation.wait_for_login()
    if inputs.serves_the_api:
        await operation.run_playbook("site.yml", kubernetes_kubeconfig=str(kubeconfig))
    else:
        await operation.run_playbook("site.yml")
    text = kubeconfig.read_text() if kubeconfig.exists() else ""
    return Joined(
        kubeconfig=for_people(text, inputs.public_address) if text else "",
        mark=await _mark(operation) if inputs.joins else {},
        pod_cidr=await _pod_cidr(operation) if inputs.joins else None,
    )


async def _mark(operation: Operation) -> dict[str, Any]:
    result = await operation.connection.execute(operation.inputs.name, "cat", MARK)
    return dict(json.loads(result.out)) if result.status == 0 else {}


async def _pod_cidr(operation: Operation) -> str | None:
    return pod_cidr(await operation.kubectl.node(operation.inputs.name) or {})
