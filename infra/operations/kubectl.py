"""The cluster, asked by kubectl on its first control member: so we need no way to the API."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import yaml

from infra.errors import ForegroundError

from .ansible import PLAYBOOKS

if TYPE_CHECKING:
    from .processes import Ended
    from .ssh import Way

__all__ = ["Kubectl", "session_selectors"]

_KUBECTL: Final = (
    "sudo",
    "--non-interactive",
    "/usr/local/bin/kubectl",
    "--kubeconfig=/etc/kubernetes/admin.conf",
    "--request-timeout=10s",
)


@cache
def session_selectors() -> tuple[str, ...]:
    """Return the labels of people's sessions; the role that waits for them says which."""
    variables = yaml.safe_load((PLAYBOOKS / "roles/leave/vars/main.yml").read_text())
    return tuple(variables["leave_sessions"])


class Kubectl:
    """Asks the cluster.

    Args:
        way: How machines are reached.
        host: Name of the machine that runs the API.
    """

    def __init__(self, way: Way, host: str) -> None:
        self._way = way
        self._host = host

    async def node(self, name: str) -> dict[str, Any] | None:
        """Return a node, or None where the cluster has none of that name."""
        said = await self._ask("get", "node", name, "--ignore-not-found", "--output=json")
        return json.loads(said) if said.strip() else None

    async def ready(self, name: str) -> bool:
        """Say whether a node is there and Ready."""
        node = await self.node(name) or {}
        conditions = node.get("status", {}).get("conditions", [])
        return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)

    async def sessions(self, node: str) -> list[str]:
        """Return the sessions on a node, as namespace/name."""
        found: set[str] = set()
        for selector in session_selectors():
            said = await self._ask(
                "get",
                "pods",
                "--all-namespaces",
                f"--selector={selector}",
                f"--field-selector=spec.nodeName={node},status.phase!=Succeeded,status.phase!=Failed",
                "--output=json",
            )
            pods = [pod["metadata"] for pod in json.loads(said)["items"]]
            found |= {f"{pod['namespace']}/{pod['name']}" for pod in pods}
        return sorted(found)

    async def _ask(self, *words: str) -> str:
        ended = await self._way.run(self._host, *_KUBECTL, *words)
        if ended.status:
            raise self._no_answer(ended)
        return ended.out

    def _no_answer(self, ended: Ended) -> ForegroundError:
        return ForegroundError(
            f"The cluster does not answer on {self._host} "
            f"(tried {self._way.describe(self._host)}): {ended.last_words}",
            "Mend that machine and type `pulumi up` again; where it is gone for good, so is its "
            "cluster: type `pulumi destroy`, then `pulumi up`",
        )
