"""Contest: who has the accelerators of a model, and who gave way, as the cluster's events tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra import names

from .pods import asks, condition, is_ending, is_running, preempted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .cluster import Cluster, Document
    from .watching import Event, Observer

__all__ = ["Losses", "Spaces", "losses"]

INTERACTIVE = "interactive"
HEADROOM = "headroom"
OWNER = "hub.jupyter.org/username"


@dataclass(frozen=True)
class Spaces:
    """Which namespaces are whose, by the labels that the rules of priorities go by."""

    sessions: frozenset[str]
    headroom: frozenset[str]
    batch: frozenset[str]

    @classmethod
    def of(cls, cluster: Cluster) -> Spaces:
        """Read them."""
        found = cluster.all("Namespace")

        def with_label(label: str, value: str) -> frozenset[str]:
            return frozenset(
                space["metadata"]["name"]
                for space in found
                if space["metadata"].get("labels", {}).get(label) == value
            )

        return cls(
            sessions=with_label(names.PRIORITY, INTERACTIVE),
            headroom=with_label(names.PRIORITY, HEADROOM),
            batch=with_label(names.BATCH, "true"),
        )

    def placeholders(self, observer: Observer, resource: str) -> list[Document]:
        """Placeholders that stand."""
        return [
            pod
            for pod in observer.all("Pod")
            if pod["metadata"]["namespace"] in self.headroom
            and asks(pod, resource)
            and is_running(pod)
        ]

    def session(self, observer: Observer, person: str) -> Document | None:
        """The pod of a person's session, if there is one that is not about to end."""
        for pod in observer.all("Pod"):
            about = pod["metadata"]
            owner = about.get("annotations", {}).get(OWNER)
            if about["namespace"] in self.sessions and owner == person and not is_ending(pod):
                return pod
        return None


@dataclass(frozen=True)
class Losses:
    """Who gave way in a while.

    Attributes:
        placeholders: Placeholders that kube-scheduler preempted.
        suspended: Workloads of batch that Kueue preempted.
        batch: Pods of batch that kube-scheduler preempted.
        sessions: Pods of sessions that were asked to end, whoever asked.
    """

    placeholders: frozenset[str]
    suspended: frozenset[str]
    batch: frozenset[str]
    sessions: frozenset[str]

    def told(self) -> dict[str, int]:
        """How many of each."""
        return {
            "placeholders_preempted": len(self.placeholders),
            "jobs_suspended": len(self.suspended),
            "batch_pods_preempted": len(self.batch),
            "sessions_ended": len(self.sessions),
        }


def losses(events: Iterable[Event], spaces: Spaces) -> Losses:
    """Read from what changed who gave way."""
    ended: dict[str, set[str]] = {"placeholders": set(), "batch": set(), "sessions": set()}
    suspended = set()
    for event in events:
        space = event.key.partition("/")[0]
        if event.kind == "Workload":
            if space in spaces.batch and _evicted(event.object) and not _evicted(event.before):
                suspended.add(event.key)
        elif event.kind == "Pod":
            # a placeholder has no grace: it may be gone before anybody sees it marked
            gone = preempted(event.object) or (is_ending(event.object) or event.type == "DELETED")
            if space in spaces.headroom and gone:
                ended["placeholders"].add(event.key)
            elif space in spaces.batch and preempted(event.object):
                ended["batch"].add(event.key)
            elif space in spaces.sessions and gone:
                ended["sessions"].add(event.key)
    return Losses(
        placeholders=frozenset(ended["placeholders"]),
        suspended=frozenset(suspended),
        batch=frozenset(ended["batch"]),
        sessions=frozenset(ended["sessions"]),
    )


def _evicted(workload: Document | None) -> bool:
    """Tell whether Kueue took a workload's place; it says so until that has one again."""
    said = condition(workload, "Evicted") if workload else {}
    return said.get("status") == "True" and said.get("reason") == "Preempted"
