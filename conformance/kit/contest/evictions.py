"""Visit: one session that came, who gave way for it, and when, as the cluster's events tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conformance.kit.site.pods import asks, condition, is_ending, is_running, preempted, stamps
from infra import names

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from conformance.kit.people.person import Person
    from conformance.kit.site.api import Cluster, Document
    from conformance.kit.site.observer import Event, Observer

__all__ = ["Losses", "Spaces", "Visit", "losses"]

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

    def session(self, observer: Observer, person: Person) -> Document:
        """The pod of a person's session.

        Raises:
            AssertionError: There is none, or it is about to end.
        """
        for pod in observer.all("Pod"):
            about = pod["metadata"]
            owner = about.get("annotations", {}).get(OWNER)
            mine = about["namespace"] in self.sessions and owner == person.name
            if mine and not is_ending(pod):
                return pod
        raise AssertionError(f"no namespace of sessions has a pod of {person}'s session")


@dataclass(frozen=True)
class Losses:
    """Who gave way in a while.

    Attributes:
        placeholders: Placeholders that kube-scheduler preempted.
        suspended: Workloads of batch that Kueue preempted.
        batch: Pods of batch that kube-scheduler preempted.
        sessions: Pods of sessions that were asked to end, whoever asked.
    """

    placeholders: frozenset[str] = frozenset()
    suspended: frozenset[str] = frozenset()
    batch: frozenset[str] = frozenset()
    sessions: frozenset[str] = frozenset()

    def told(self) -> dict[str, int]:
        """How many of each."""
        return {
            "placeholders_preempted": len(self.placeholders),
            "jobs_suspended": len(self.suspended),
            "batch_pods_preempted": len(self.batch),
            "sessions_ended": len(self.sessions),
        }

    def fault(self, due: dict[str, int]) -> str:
        """Say what gave way that should not have, or did not and should have, if anything."""
        told = self.told()
        return "" if told == due else f"what gave way is {told}, and should be {due}"


@dataclass(frozen=True)
class Visit:
    """One session that came: when what happened, by the local monotonic clock.

    Attributes:
        moments: In their order: asked, bound, running, ready (the hub says so), answered (the
            session's own API did, through the proxy), reply (of its first kernel); where
            something gave way, also gave_way, job_suspended and whole_again.
        lost: Who gave way for it.
    """

    moments: dict[str, float]
    lost: Losses = field(repr=False)

    @classmethod
    def of(
        cls, moments: dict[str, float], events: list[Event], spaces: Spaces, session: str
    ) -> Self:
        """Read from what changed what else happened.

        Args:
            moments: That the person saw.
            events: From before they asked to when all had settled.
            spaces: Whose namespaces are whose.
            session: Namespace and name of the session's pod.
        """
        lost, seen = losses(events, spaces), stamps(events, session)
        moments = moments | {name: seen[name] for name in ("bound", "running")}
        moments |= _when(events, lost, spaces)
        return cls(dict(sorted(moments.items(), key=lambda one: one[1])), lost)

    def since(self, moment: float) -> dict[str, float]:
        """All of it, in seconds from a moment."""
        return {name: at - moment for name, at in self.moments.items()}


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


def _when(events: list[Event], lost: Losses, spaces: Spaces) -> dict[str, float]:
    """When who gave way, and when the last new placeholder stood."""
    first: dict[str, float] = {}
    for event in events:
        new = event.kind == "Pod" and event.type == "ADDED"
        if new and event.key.partition("/")[0] in spaces.headroom:
            seen = stamps(events, event.key)
            first |= {"whole_again": seen["running"]} if "running" in seen else {}
        if event.key in lost.placeholders | lost.batch and event.type != "ADDED":
            first.setdefault("gave_way", event.at)
        if (
            event.key in lost.suspended
            and condition(event.object, "Evicted").get("status") == "True"
        ):
            first.setdefault("job_suspended", event.at)
    return first
