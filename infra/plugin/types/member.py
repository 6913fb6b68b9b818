"""Resource type site:index:Member: calls the operations join, leave and inspect for a machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pydantic import ValidationError

from infra import tokens
from infra.errors import ForegroundError
from infra.operations.inspect import node_of, pod_cidr, sessions_on
from infra.operations.join import join
from infra.operations.leave import leave
from infra.operations.member_inputs import MemberInputs
from infra.operations.operation import OperationContext
from infra.operations.progress import ProgressLine
from infra.plugin.resource import Call, ResourceType
from infra.plugin.values import Properties, plain, wrapped

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from infra.operations.operation import Operation

__all__ = ["MemberType", "known_hosts"]

_REPLACING: Final = ("name", "role", "serverId")


def known_hosts(stack: str) -> Path:
    """Return the folder of a stack's pinned host keys, next to its state."""
    state = os.environ.get("FOREGROUND_STATE") or f"/var/lib/foreground/{stack}"
    return Path(state) / "known_hosts"


def _context(stack: str) -> OperationContext:
    return OperationContext(known_hosts(stack))


class MemberType(ResourceType):
    """Members.

    Args:
        context: Returns what the operations of a stack share.
    """

    token: ClassVar[str] = tokens.MEMBER
    outputs: ClassVar[frozenset[str]] = frozenset(
        {"kubeconfig", "node", "podCidr", "since", "versions"}
    )

    def __init__(self, context: Callable[[str], OperationContext] = _context) -> None:
        self._context = context

    def must_replace(self, old: dict[str, Any], new: dict[str, Any]) -> list[str]:
        """Replace for a new server, its own or the one of the cluster's control machine."""
        replacing = [key for key in _REPLACING if old.get(key) != new.get(key)]
        servers = [(side.get("control") or {}).get("serverId") for side in (old, new)]
        return replacing + (["control"] if servers[0] != servers[1] else [])

    def name(self, properties: Properties) -> str:
        """Return the name of the machine."""
        return str(plain(properties)["name"])

    async def make(self, call: Call) -> Properties:
        """Join, or run the playbook again."""
        async with self._operation(call) as operation:
            joined = await join(operation)
            inputs = operation.inputs
        outputs = {
            "node": wrapped(inputs.name if inputs.joins else None),
            "podCidr": wrapped(joined.pod_cidr),
            "since": wrapped(joined.mark.get("since")),
            "versions": wrapped({k: v for k, v in joined.mark.items() if k == "kubernetes"}),
        }
        if joined.kubeconfig:
            outputs["kubeconfig"] = wrapped(joined.kubeconfig, secret=True)
        return outputs

    async def remove(self, call: Call) -> None:
        """Leave."""
        async with self._operation(call) as operation:
            await leave(operation)

    async def read(self, call: Call) -> Properties | None:
        """Read the node; one that joined again by hand may have another range of pods."""
        async with self._operation(call) as operation:
            node = await node_of(operation)
        if node is None:
            return None
        return {**call.properties, "podCidr": wrapped(pod_cidr(node))} if node else call.properties

    async def invoke(self, function: str, call: Call) -> dict[str, Any]:
        """Call site:index:sessions; the rolling update does so before it replaces a machine."""
        if function != tokens.SESSIONS_FUNCTION.rpartition(":")[2]:
            return await super().invoke(function, call)
        async with self._operation(call) as operation:
            return {"sessions": await sessions_on(operation)}

    def _operation(self, call: Call) -> AbstractAsyncContextManager[Operation]:
        inputs = _parse(call.properties)
        return self._context(call.stack).operation(inputs, ProgressLine(call.write))


def _parse(properties: Properties) -> MemberInputs:
    try:
        return MemberInputs.model_validate(plain(properties))
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()
        )
        raise ForegroundError(
            f"The program registers an invalid member: {faults}",
            "Correct stacks/ and type `pulumi up` again",
        ) from None
