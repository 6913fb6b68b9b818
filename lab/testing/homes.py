"""Test pod that mounts one person's home directory, on a chosen node."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra import images
from lab.mirror import certificates, servers
from lab.testing.pods import apply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.testing.site import Operator

__all__ = ["Visitor", "visitor"]

NAMESPACE = "sessions"
NAME = "visitor"
HOME = "/home/person"
REGISTRY = f"{certificates.NAME}:{servers.REGISTRY_PORT}"


@dataclass(frozen=True)
class Visitor:
    """A running pod with the home mounted at its working directory."""

    operator: Operator

    def run(self, script: str) -> str:
        """Run a shell script in the home; return its output."""
        words = ("exec", f"--namespace={NAMESPACE}", NAME, "--", "sh", "-euc", script)
        return self.operator.kubectl(*words).strip()


@contextmanager
def visitor(operator: Operator, folder: str, node: str) -> Iterator[Visitor]:
    """Run the pod for the block.

    Args:
        operator: Operator of the site.
        folder: Existing folder of the home, in the volume of all homes.
        node: Name of the node.
    """
    apply(operator, _pod(folder, node))
    try:
        operator.kubectl(
            *("wait", "pod", NAME, f"--namespace={NAMESPACE}"),
            *("--for=condition=Ready", "--timeout=90s"),
        )
        yield Visitor(operator)
    finally:
        operator.kubectl("delete", "pod", NAME, f"--namespace={NAMESPACE}", "--timeout=90s")


def _pod(folder: str, node: str) -> dict[str, Any]:
    container = {
        "name": "it",
        "image": images.reference(REGISTRY, "notebooks/session"),
        "command": ["sleep", "600"],
        "workingDir": HOME,
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": "home", "mountPath": HOME, "subPath": folder}],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": NAME, "namespace": NAMESPACE},
        "spec": {
            "automountServiceAccountToken": False,
            "containers": [container],
            "nodeName": node,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 1000,
                "runAsGroup": 1000,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "terminationGracePeriodSeconds": 1,
            "volumes": [{"name": "home", "persistentVolumeClaim": {"claimName": "homes"}}],
        },
    }
