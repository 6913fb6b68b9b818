"""Kubectl: requests to the cluster by kubectl on its first control machine, reached by SSH.

The computer that deploys needs no network route to the Kubernetes API.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from infra.errors import ForegroundError

from .sessions import SELECTORS

if TYPE_CHECKING:
    from .connection import Connection
    from .processes import Result

__all__ = ["Kubectl"]

_KUBECTL: Final = (
    "sudo",
    "--non-interactive",
    "/usr/local/bin/kubectl",
    "--kubeconfig=/etc/kubernetes/admin.conf",
    "--request-timeout=10s",
)


class Kubectl:
    """Reads objects of the cluster.

    Args:
        connection: Runs commands on machines.
        host: Name of the machine that serves the Kubernetes API.
    """

    def __init__(self, connection: Connection, host: str) -> None:
        self._connection = connection
        self._host = host

    async def node(self, name: str) -> dict[str, Any] | None:
        """Return a node, or None if the cluster has none of that name."""
        text = await self._run("get", "node", name, "--ignore-not-found", "--output=json")
        return json.loads(text) if text.strip() else None

    async def ready(self, name: str) -> bool:
        """Return whether a node exists and is Ready."""
        node = await self.node(name) or {}
        conditions = node.get("status", {}).get("conditions", [])
        return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)

    async def sessions(self, node: str) -> list[str]:
        """Return the sessions on a node, as namespace/name."""
        found: set[str] = set()
        for selector in SELECTORS:
            text = await self._run(
                "get",
                "pods",
                "--all-namespaces",
                f"--selector={selector}",
                f"--field-selector=spec.nodeName={node},status.phase!=Succeeded,status.phase!=Failed",
                "--output=json",
            )
            pods = [pod["metadata"] for pod in json.loads(text)["items"]]
            found |= {f"{pod['namespace']}/{pod['name']}" for pod in pods}
        return sorted(found)

    async def _run(self, *arguments: str) -> str:
        result = await self._connection.execute(self._host, *_KUBECTL, *arguments)
        if result.status:
            raise self._failed(result)
        return result.out

    def _failed(self, result: Result) -> ForegroundError:
        return ForegroundError(
            f"The cluster does not answer on {self._host} "
            f"(tried {self._connection.describe(self._host)}): {result.last_line}",
            "Repair that machine and type `pulumi up` again; where it is gone for good, so is its "
            "cluster: type `pulumi destroy`, then `pulumi up`",
        )
