"""Plan: which placeholders have to go and how many are missing, by what the API server says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["MODEL", "TEMPLATE", "Due", "Pod", "Since", "Wanted", "due", "is_lost", "is_waiting"]

Pod = dict[str, Any]
"""A pod, as the API server says it."""

MODEL: Final = "foreground.internal/accelerator"
"""Label of a session and of a placeholder: the model of the accelerator that it asks for."""

TEMPLATE: Final = "foreground.internal/template"
"""Label of a placeholder: a digest of what it was made from."""


@dataclass(frozen=True)
class Wanted:
    """The placeholders of one model.

    Attributes:
        model: As accelerators.yaml names it.
        count: How many.
        template: What TEMPLATE says of a placeholder made from `pod`.
        pod: Metadata and spec of each.
    """

    model: str
    count: int
    template: str
    pod: Pod = field(repr=False)


@dataclass(frozen=True)
class Due:
    """What has to be done for one model.

    Attributes:
        delete: Names of placeholders.
        create: How many placeholders.
    """

    delete: tuple[str, ...] = ()
    create: int = 0


@dataclass
class Since:
    """Since when something is true of each pod, by a clock of our own."""

    _first: dict[str, float] = field(default_factory=dict)

    def seconds(self, pods: Iterable[Pod], now: float) -> dict[str, float]:
        """Seconds that it is true of these, by uid; of all others it no longer is."""
        self._first = {(uid := _uid(pod)): self._first.get(uid, now) for pod in pods}
        return {uid: now - first for uid, first in self._first.items()}


def is_waiting(session: Pod) -> bool:
    """Tell whether a session has no machine yet: it may be about to take a placeholder's."""
    return not session["spec"].get("nodeName") and not _is_over(session)


def is_lost(placeholder: Pod) -> bool:
    """Tell whether the place that Kueue gave a placeholder is not to be had."""
    conditions = placeholder.get("status", {}).get("conditions", [])
    return not _is_over(placeholder) and any(
        said["type"] == "PodScheduled" and said.get("reason") == "Unschedulable"
        for said in conditions
    )


def due(wanted: Wanted, placeholders: Sequence[Pod], *, held: bool, lost: frozenset[str]) -> Due:
    """Say what has to be done for one model.

    Args:
        wanted: Its placeholders.
        placeholders: All that there are, of any model.
        held: A session waits for the place that a new placeholder would be given.
        lost: Uids of placeholders that have waited in vain for theirs.
    """
    mine = [p for p in placeholders if _label(p, MODEL) == wanted.model and not _is_ending(p)]
    spent = [
        p for p in mine if _is_over(p) or _label(p, TEMPLATE) != wanted.template or _uid(p) in lost
    ]
    good = sorted((p for p in mine if p not in spent), key=_age)
    gone = [*spent, *good[wanted.count :]]
    missing = max(0, wanted.count - len(good))
    return Due(tuple(p["metadata"]["name"] for p in gone), 0 if held else missing)


def _is_ending(pod: Pod) -> bool:
    return bool(pod["metadata"].get("deletionTimestamp"))


def _is_over(pod: Pod) -> bool:
    return _is_ending(pod) or pod.get("status", {}).get("phase") in {"Succeeded", "Failed"}


def _label(pod: Pod, name: str) -> str:
    return str(pod["metadata"].get("labels", {}).get(name, ""))


def _uid(pod: Pod) -> str:
    return str(pod["metadata"]["uid"])


def _age(pod: Pod) -> tuple[bool, str]:
    """Those that stand first, then the oldest."""
    return (not pod["spec"].get("nodeName"), str(pod["metadata"].get("creationTimestamp", "")))
