"""Plan: pure functions that decide which placeholder pods to delete and how many to create."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["MODEL", "TEMPLATE", "Due", "Pod", "Since", "Wanted", "due", "is_lost", "is_waiting"]

Pod = dict[str, Any]
"""A pod, as JSON of the Kubernetes API."""

MODEL: Final = "foreground.internal/accelerator"
"""Label of a session and of a placeholder: the accelerator model that it requests."""

TEMPLATE: Final = "foreground.internal/template"
"""Label of a placeholder: a digest of the metadata and spec that it was created from."""


@dataclass(frozen=True)
class Wanted:
    """The placeholders that one model should have.

    Attributes:
        model: Name of the accelerator model, a key of accelerators.yaml.
        count: Number of placeholders.
        template: Value of the label TEMPLATE of a placeholder created from `pod`.
        pod: Metadata and spec of each placeholder.
    """

    model: str
    count: int
    template: str
    pod: Pod = field(repr=False)


@dataclass(frozen=True)
class Due:
    """Steps that are due for one model.

    Attributes:
        delete: Names of the placeholders to delete.
        create: Number of placeholders to create.
    """

    delete: tuple[str, ...] = ()
    create: int = 0


@dataclass
class Since:
    """Since when a condition holds for each pod, measured by this program's own clock."""

    _first: dict[str, float] = field(default_factory=dict)

    def seconds(self, pods: Iterable[Pod], now: float) -> dict[str, float]:
        """Return for how many seconds the condition has held, by uid.

        Args:
            pods: All pods for which it holds now; every other pod is forgotten.
            now: Seconds of a monotonic clock.
        """
        self._first = {(uid := _uid(pod)): self._first.get(uid, now) for pod in pods}
        return {uid: now - first for uid, first in self._first.items()}


def is_waiting(session: Pod) -> bool:
    """Tell whether a session has no node yet: it may be about to take that of a placeholder."""
    return not session["spec"].get("nodeName") and not _is_over(session)


def is_lost(placeholder: Pod) -> bool:
    """Tell whether a placeholder does not fit on the node that Kueue admitted it to."""
    conditions = placeholder.get("status", {}).get("conditions", [])
    return not _is_over(placeholder) and any(
        condition["type"] == "PodScheduled" and condition.get("reason") == "Unschedulable"
        for condition in conditions
    )


def due(wanted: Wanted, placeholders: Sequence[Pod], *, held: bool, lost: frozenset[str]) -> Due:
    """Return the steps that are due for one model.

    Args:
        wanted: Settings of the model.
        placeholders: All existing placeholders, of any model.
        held: A session waits for the node that a new placeholder would be admitted to.
        lost: Uids of the placeholders that have waited too long for their node.
    """
    mine = [p for p in placeholders if _label(p, MODEL) == wanted.model and not _is_ending(p)]
    unusable = [
        p for p in mine if _is_over(p) or _label(p, TEMPLATE) != wanted.template or _uid(p) in lost
    ]
    good = sorted((p for p in mine if p not in unusable), key=_age)
    surplus = [*unusable, *good[wanted.count :]]
    missing = max(0, wanted.count - len(good))
    return Due(tuple(p["metadata"]["name"] for p in surplus), 0 if held else missing)


def _is_ending(pod: Pod) -> bool:
    return bool(pod["metadata"].get("deletionTimestamp"))


def _is_over(pod: Pod) -> bool:
    return _is_ending(pod) or pod.get("status", {}).get("phase") in {"Succeeded", "Failed"}


def _label(pod: Pod, name: str) -> str:
    return str(pod["metadata"].get("labels", {}).get(name, ""))


def _uid(pod: Pod) -> str:
    return str(pod["metadata"]["uid"])


def _age(pod: Pod) -> tuple[bool, str]:
    """Sort key: placeholders on a node first, then the oldest."""
    return (not pod["spec"].get("nodeName"), str(pod["metadata"].get("creationTimestamp", "")))
