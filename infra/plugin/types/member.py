"""site:index:Member: a machine that belongs to the cluster. What it does is infra.cluster's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pydantic import ValidationError

from infra.errors import ForegroundError
from infra.operations.inspect import node_of, pod_cidr, who_works_there
from infra.operations.join import join
from infra.operations.leave import leave
from infra.operations.membership import Membership
from infra.operations.operation import Bench
from infra.operations.progress import Row
from infra.plugin.resource import Call, ResourceType
from infra.plugin.values import Properties, plain, wrapped

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MemberType", "known_hosts"]

_REPLACING: Final = ("name", "role", "serverId")


def known_hosts(stack: str) -> Path:
    """Return the folder of a stack's pinned host keys, beside its state."""
    state = os.environ.get("FOREGROUND_STATE") or f"/var/lib/foreground/{stack}"
    return Path(state) / "known_hosts"


def _bench(stack: str) -> Bench:
    return Bench(known_hosts(stack))


class MemberType(ResourceType):
    """Members.

    Args:
        bench: Gives what the operations of a stack share.
    """

    token: ClassVar[str] = "site:index:Member"  # noqa: S105  no password, a type
    outputs: ClassVar[frozenset[str]] = frozenset(
        {"kubeconfig", "node", "podCidr", "since", "versions"}
    )

    def __init__(self, bench: Callable[[str], Bench] = _bench) -> None:
        self._bench = bench

    def must_replace(self, old: dict[str, Any], new: dict[str, Any]) -> list[str]:
        """A new server, its own or that of the cluster, needs a new join."""
        replacing = [key for key in _REPLACING if old.get(key) != new.get(key)]
        servers = [(side.get("control") or {}).get("serverId") for side in (old, new)]
        return replacing + (["control"] if servers[0] != servers[1] else [])

    def name(self, properties: Properties) -> str:
        """Name of the machine."""
        return str(plain(properties)["name"])

    async def make(self, call: Call) -> Properties:
        """Join, or run the playbook again."""
        membership = _parsed(call.properties)
        async with self._bench(call.stack).run(membership, Row(call.write)) as run:
            joined = await join(run)
        made = {
            "node": wrapped(membership.name if membership.role != "storage" else None),
            "podCidr": wrapped(joined.pod_cidr),
            "since": wrapped(joined.mark.get("since")),
            "versions": wrapped({k: v for k, v in joined.mark.items() if k == "kubernetes"}),
        }
        if joined.kubeconfig:
            made["kubeconfig"] = wrapped(joined.kubeconfig, secret=True)
        return made

    async def remove(self, call: Call) -> None:
        """Leave."""
        async with self._bench(call.stack).run(_parsed(call.properties), Row(call.write)) as run:
            await leave(run)

    async def read(self, call: Call) -> Properties | None:
        """Ask the cluster; a node that somebody had join again may have another range of pods."""
        async with self._bench(call.stack).run(_parsed(call.properties), Row(call.write)) as run:
            node = await node_of(run)
        if node is None:
            return None
        return {**call.properties, "podCidr": wrapped(pod_cidr(node))} if node else call.properties

    async def invoke(self, function: str, call: Call) -> dict[str, Any]:
        """site:index:sessions: who works there; the window asks before a machine's turn."""
        if function != "sessions":
            return await super().invoke(function, call)
        async with self._bench(call.stack).run(_parsed(call.properties), Row(call.write)) as run:
            return {"sessions": await who_works_there(run)}


def _parsed(properties: Properties) -> Membership:
    try:
        return Membership.model_validate(plain(properties))
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()
        )
        raise ForegroundError(
            f"The program asks for a member that cannot be: {faults}",
            "Mend stacks/ and type `pulumi up` again",
        ) from None
