"""Keeper: looks, does what is due, and waits for the next change.

kube-scheduler evicts a placeholder for a session, and then binds the session to its place. Whoever
makes the next placeholder between these two, as a ReplicaSet does, has Kueue give it the very
place that the session is about to take, because Kueue counts only pods that are bound. So the
keeper makes none while a session of that model waits.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from .cluster import RefusedError
from .plan import MODEL, TEMPLATE, Since, due, is_lost, is_waiting

if TYPE_CHECKING:
    from collections.abc import Sequence
    from threading import Event

    from .cluster import Pods
    from .plan import Pod, Wanted

__all__ = ["Keeper"]

_BEAT_S: Final = 2.0
"""Time passes without a change too."""
_LOST_S: Final = 15.0
"""Batch has up to 5 s to give way, and a machine some more to tidy up."""
_HELD_S: Final = 15.0
"""A session that waits longer than it takes batch to give way waits for something else."""

_log = logging.getLogger("headroom")


@dataclass
class Keeper:
    """Keeps the placeholders of every model.

    Attributes:
        cluster: Where.
        namespace: Of the placeholders.
        sessions: Namespace of people's sessions.
        wanted: What is kept.
    """

    cluster: Pods
    namespace: str
    sessions: str
    wanted: Sequence[Wanted]
    _waiting: Since = field(default_factory=Since)
    _lost: Since = field(default_factory=Since)

    def keep(self, changed: Event) -> None:
        """Do what is due at every change, for ever."""
        while True:
            changed.clear()
            try:
                self.step(time.monotonic())
            except RefusedError as error:
                _log.warning("nothing done, tried again in %.0f s: %s", _BEAT_S, error)
            changed.wait(_BEAT_S)

    def step(self, now: float) -> None:
        """Look once and do what is due.

        Args:
            now: By a clock that never goes back.

        Raises:
            RefusedError: The API server does not answer, or says no.
        """
        # in this order: whoever evicted one that is missing here is among the sessions read next.
        # Pods of others are left alone: whoever makes them again would do so for ever.
        placeholders = self.cluster.all(self.namespace, TEMPLATE)
        held = self._held(now)
        lost = self._lost.seconds(filter(is_lost, placeholders), now)
        known = {wanted.model for wanted in self.wanted}
        for pod in placeholders:
            if pod["metadata"].get("labels", {}).get(MODEL) not in known:
                self._delete(pod["metadata"]["name"], "no longer asked for")
        gone = frozenset(uid for uid, seconds in lost.items() if seconds >= _LOST_S)
        for wanted in self.wanted:
            try:
                self._do(wanted, placeholders, held=wanted.model in held, lost=gone)
            except RefusedError as error:  # of one model; the others have theirs
                _log.warning("%s: tried again in %.0f s: %s", wanted.model, _BEAT_S, error)

    def _held(self, now: float) -> set[str]:
        """Models of which a session waits for its place."""
        waiting = list(filter(is_waiting, self.cluster.all(self.sessions, MODEL)))
        seconds = self._waiting.seconds(waiting, now)
        return {
            pod["metadata"]["labels"][MODEL]
            for pod in waiting
            if seconds[pod["metadata"]["uid"]] < _HELD_S
        }

    def _do(
        self, wanted: Wanted, placeholders: Sequence[Pod], *, held: bool, lost: frozenset[str]
    ) -> None:
        steps = due(wanted, placeholders, held=held, lost=lost)
        for name in steps.delete:
            self._delete(name, "spent, outdated or one too many")
        for _ in range(steps.create):
            labels = {MODEL: wanted.model, TEMPLATE: wanted.template}
            metadata = wanted.pod["metadata"]
            named = {
                **metadata,
                "generateName": f"{wanted.model}-",
                "labels": metadata["labels"] | labels,
            }
            self.cluster.create(self.namespace, {**wanted.pod, "metadata": named})
            _log.info("%s: placeholder made", wanted.model)

    def _delete(self, name: str, why: str) -> None:
        self.cluster.delete(self.namespace, name)
        _log.info("%s: deleted, %s", name, why)
