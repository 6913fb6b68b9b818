"""Namespaces of sessions, headroom, batch and platform, by labels; and session pods in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.kit.verdicts import Inconclusive
from infra import names

from .kinds import NAMESPACE, POD
from .pods import is_ending, is_running, requested

if TYPE_CHECKING:
    from .api import KubeApi
    from .kinds import Document
    from .observer import Observer

__all__ = ["Namespaces", "first_of"]

OWNER = "hub.jupyter.org/username"
"""Annotation that KubeSpawner sets on the pod of a session: the name of its owner."""


@dataclass(frozen=True)
class Namespaces:
    """Names of namespaces by purpose, by the labels that the site's admission policies match.

    Attributes:
        sessions: Of notebook sessions.
        headroom: Of placeholder pods.
        batch: Of batch jobs.
        platform: Of hub, proxy, ingress and the other services of the platform.
    """

    sessions: frozenset[str]
    headroom: frozenset[str]
    batch: frozenset[str]
    platform: frozenset[str] = frozenset()

    @classmethod
    def of(cls, api: KubeApi) -> Namespaces:
        """Read the labels of all namespaces."""
        found = api.all(NAMESPACE)

        def with_label(label: str, value: str) -> frozenset[str]:
            return frozenset(
                one["metadata"]["name"]
                for one in found
                if one["metadata"].get("labels", {}).get(label) == value
            )

        return cls(
            sessions=with_label(names.PRIORITY, "interactive"),
            headroom=with_label(names.PRIORITY, "headroom"),
            batch=with_label(names.BATCH, "true"),
            platform=with_label(names.PRIORITY, "platform"),
        )

    def placeholders(self, observer: Observer, resource: str) -> list[Document]:
        """Return the running placeholder pods that hold a resource."""
        return [
            pod
            for pod in observer.all(POD)
            if pod["metadata"]["namespace"] in self.headroom
            and requested(pod, resource)
            and is_running(pod)
        ]

    def session_pod(self, observer: Observer, owner: str) -> Document:
        """Return the pod of somebody's session.

        Args:
            observer: Of pods.
            owner: The user's name in the hub.

        Raises:
            AssertionError: There is none, or it is terminating.
            Inconclusive: No namespace has the label of sessions.
        """
        first_of(self.sessions, "sessions", f"{names.PRIORITY}=interactive")
        for pod in observer.all(POD):
            metadata = pod["metadata"]
            is_owners = metadata.get("annotations", {}).get(OWNER) == owner
            if metadata["namespace"] in self.sessions and is_owners and not is_ending(pod):
                return pod
        raise AssertionError(f"no namespace of sessions has a pod of {owner}'s session")


def first_of(namespaces: frozenset[str], purpose: str, label: str) -> str:
    """Return one namespace of a purpose: the first in alphabetical order.

    Raises:
        Inconclusive: There is none, as on a site that labels its namespaces in another way.
    """
    if not namespaces:
        raise Inconclusive(
            f"no namespace has the label {label}, by which this suite finds {purpose}"
        )
    return min(namespaces)
