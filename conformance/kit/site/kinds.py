"""Kinds: which Kubernetes objects the kit reads, and the API path of each.

A test that needs another kind defines a `Kind` of its own; there is no list of all kinds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

__all__ = [
    "CONFIG_MAP",
    "DEPLOYMENT",
    "JOB",
    "NAMESPACE",
    "NODE",
    "POD",
    "PRIORITY_CLASS",
    "Document",
    "Kind",
]

Document = dict[str, Any]
"""One Kubernetes object, as the API server returns it."""


@dataclass(frozen=True)
class Kind:
    """One kind of Kubernetes object.

    Attributes:
        name: The kind, as in `kind:` of a manifest.
        version: Its group and version, as in `apiVersion:` of a manifest.
        plural: Its name in a path of the API.
        namespaced: Whether its objects are in a namespace.
    """

    name: str
    version: str
    plural: str
    namespaced: bool = True

    def path(self, namespace: str = "", name: str = "") -> str:
        """Return the API path of one object, or of all objects if no name is given."""
        top = f"/api/{self.version}" if "/" not in self.version else f"/apis/{self.version}"
        within = f"/namespaces/{namespace}" if namespace and self.namespaced else ""
        return f"{top}{within}/{self.plural}" + (f"/{name}" if name else "")


NAMESPACE: Final = Kind("Namespace", "v1", "namespaces", namespaced=False)
NODE: Final = Kind("Node", "v1", "nodes", namespaced=False)
POD: Final = Kind("Pod", "v1", "pods")
CONFIG_MAP: Final = Kind("ConfigMap", "v1", "configmaps")
DEPLOYMENT: Final = Kind("Deployment", "apps/v1", "deployments")
JOB: Final = Kind("Job", "batch/v1", "jobs")
PRIORITY_CLASS: Final = Kind(
    "PriorityClass", "scheduling.k8s.io/v1", "priorityclasses", namespaced=False
)
