"""Inspect: read the node of a member, its pod CIDR, and the sessions on it. Changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.errors import ForegroundError

if TYPE_CHECKING:
    from .operation import Operation

__all__ = ["node_of", "pod_cidr", "sessions_on"]


async def node_of(operation: Operation) -> dict[str, Any] | None:
    """Return the member's node; None if the cluster has no such node; empty if that is unknown.

    It is unknown for a storage member, which has no node, and while the cluster does not respond.
    Whether the server exists is a question for the resource of the server.
    """
    inputs = operation.inputs
    if not inputs.joins:
        return {}
    try:
        return await operation.kubectl.node(inputs.name)
    except ForegroundError as error:
        await operation.progress.show(f"kept as it was: {error.problem}")
        return {}


def pod_cidr(node: dict[str, Any]) -> str | None:
    """Return the range of the pods on a node, which its port must allow."""
    return node.get("spec", {}).get("podCIDR") or None


async def sessions_on(operation: Operation) -> list[str]:
    """Return the sessions on the machine's node."""
    return await operation.kubectl.sessions(operation.inputs.name)
