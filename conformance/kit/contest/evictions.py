"""Evictions: which pods and jobs were evicted in a period, read from the events of a watch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conformance.kit.site.kinds import POD
from conformance.kit.site.pods import (
    condition,
    first_seen,
    is_ending,
    is_preempted,
)

from .queues import WORKLOAD

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from conformance.kit.site.kinds import Document
    from conformance.kit.site.namespaces import Namespaces
    from conformance.kit.site.observer import Event

__all__ = ["EvictionRecord", "Evictions", "evictions_in"]


@dataclass(frozen=True)
class Evictions:
    """What was evicted, as namespaces and names.

    Attributes:
        placeholders: Placeholder pods that kube-scheduler preempted.
        suspended: Workloads of batch that Kueue preempted.
        batch: Pods of batch that kube-scheduler preempted.
        sessions: Pods of sessions that were terminated or deleted for any reason.
    """

    placeholders: frozenset[str] = frozenset()
    suspended: frozenset[str] = frozenset()
    batch: frozenset[str] = frozenset()
    sessions: frozenset[str] = frozenset()

    def counts(self) -> dict[str, int]:
        """Return the number of each, by the names that reports use."""
        return {
            "placeholders_preempted": len(self.placeholders),
            "jobs_suspended": len(self.suspended),
            "batch_pods_preempted": len(self.batch),
            "sessions_ended": len(self.sessions),
        }

    def difference(self, expected: dict[str, int]) -> str:
        """Return a sentence if the counts are not the expected ones, else an empty text."""
        counts = self.counts()
        return "" if counts == expected else f"evictions are {counts}, and should be {expected}"


@dataclass(frozen=True)
class EvictionRecord:
    """The start of one session: when each step happened, and what was evicted for it.

    Attributes:
        moments: Moments of the local monotonic clock, oldest first: asked, bound, running, ready
            (the hub reports it), answered (the session's API responds through the proxy), reply
            (of its first kernel); after an eviction also gave_way, job_suspended, whole_again.
        evicted: What was evicted.
    """

    moments: dict[str, float]
    evicted: Evictions = field(repr=False)

    @classmethod
    def of(
        cls, moments: dict[str, float], events: list[Event], namespaces: Namespaces, session: str
    ) -> Self:
        """Add what the events show to the moments that the person measured.

        Args:
            moments: Measured by the person.
            events: From before the request until the site has settled.
            namespaces: Of the site.
            session: Namespace and name of the session's pod.
        """
        evicted, seen = evictions_in(events, namespaces), first_seen(events, session)
        moments = moments | {name: seen[name] for name in ("bound", "running")}
        moments |= _moments(events, evicted, namespaces)
        return cls(dict(sorted(moments.items(), key=lambda one: one[1])), evicted)

    def since(self, moment: float) -> dict[str, float]:
        """Return all moments in seconds from a moment."""
        return {name: at - moment for name, at in self.moments.items()}


def evictions_in(events: Iterable[Event], namespaces: Namespaces) -> Evictions:
    """Return what was evicted, by the events."""
    ended: dict[str, set[str]] = {"placeholders": set(), "batch": set(), "sessions": set()}
    suspended = set()
    for event in events:
        namespace = event.key.partition("/")[0]
        if event.kind == WORKLOAD:
            new = _is_preempted_by_kueue(event.object) and not _is_preempted_by_kueue(event.before)
            if namespace in namespaces.batch and new:
                suspended.add(event.key)
        elif event.kind == POD:
            # grace 0: a placeholder may be deleted before an event shows its condition
            gone = is_preempted(event.object) or is_ending(event.object) or event.type == "DELETED"
            if namespace in namespaces.headroom and gone:
                ended["placeholders"].add(event.key)
            elif namespace in namespaces.batch and is_preempted(event.object):
                ended["batch"].add(event.key)
            elif namespace in namespaces.sessions and gone:
                ended["sessions"].add(event.key)
    return Evictions(
        placeholders=frozenset(ended["placeholders"]),
        suspended=frozenset(suspended),
        batch=frozenset(ended["batch"]),
        sessions=frozenset(ended["sessions"]),
    )


def _is_preempted_by_kueue(workload: Document | None) -> bool:
    """Tell whether Kueue preempted a workload; the condition stays until it is admitted again."""
    evicted = condition(workload, "Evicted") if workload else {}
    return evicted.get("status") == "True" and evicted.get("reason") == "Preempted"


def _moments(events: list[Event], evicted: Evictions, namespaces: Namespaces) -> dict[str, float]:
    """Return when the first eviction was seen, and when the last new placeholder was Running."""
    first: dict[str, float] = {}
    for event in events:
        new = event.kind == POD and event.type == "ADDED"
        if new and event.key.partition("/")[0] in namespaces.headroom:
            seen = first_seen(events, event.key)
            first |= {"whole_again": seen["running"]} if "running" in seen else {}
        if event.key in evicted.placeholders | evicted.batch and event.type != "ADDED":
            first.setdefault("gave_way", event.at)
        if (
            event.key in evicted.suspended
            and condition(event.object, "Evicted").get("status") == "True"
        ):
            first.setdefault("job_suspended", event.at)
    return first
