"""Keeper loop: reads the pods, does the steps that the plan returns, waits for the next change.

kube-scheduler evicts a placeholder for a session, and binds the session to that node a moment
later. A placeholder that is created between the two, as a ReplicaSet would do, takes the place of
the session: Kueue counts only bound pods and admits the placeholder to the very node that the
session is about to take. Therefore the keeper creates no placeholder of a model while a session
with that model waits for its node.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from .plan import MODEL, TEMPLATE, Since, due, is_lost, is_waiting
from .pod_api import RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from threading import Event

    from .plan import Pod, Wanted
    from .pod_api import Pods

__all__ = ["Keeper"]

_PERIOD_S: Final = 2.0
"""Steps may become due without a change, when time passes."""
_LOST_S: Final = 15.0
"""An evicted batch pod ends within 5 s, and its node needs some more to free the resources."""
_HELD_S: Final = 15.0
"""A session that waits longer than an eviction takes does not wait for a placeholder's place."""

_log = logging.getLogger("headroom")


@dataclass
class Keeper:
    """The control loop over the placeholders of all models.

    Attributes:
        pods: Access to pods.
        namespace: Namespace of the placeholders.
        sessions: Namespace of the sessions.
        wanted: Settings of each model.
    """

    pods: Pods
    namespace: str
    sessions: str
    wanted: Sequence[Wanted]
    _waiting: Since = field(default_factory=Since)
    _lost: Since = field(default_factory=Since)

    def run(self, changed: Event) -> None:
        """Do a step at every change, for ever.

        Args:
            changed: Set by others when a pod has changed.
        """
        while True:
            changed.clear()
            try:
                self.step(time.monotonic())
            except RefusedError as error:
                _log.warning("nothing done, next try in %.0f s: %s", _PERIOD_S, error)
            changed.wait(_PERIOD_S)

    def step(self, now: float) -> None:
        """Read the pods once and do what is due.

        Args:
            now: Seconds of a monotonic clock.

        Raises:
            RefusedError: The API server refuses, or does not respond.
        """
        # The order matters: a session that evicted a placeholder missing from this list is in the
        # list of sessions, which is read later. Pods without our label are not ours: their own
        # controller would create them again for ever.
        placeholders = self.pods.read(self.namespace, TEMPLATE)
        held = self._held(now)
        lost = self._lost.seconds(filter(is_lost, placeholders), now)
        known = {wanted.model for wanted in self.wanted}
        for pod in placeholders:
            if pod["metadata"].get("labels", {}).get(MODEL) not in known:
                self._delete(pod["metadata"]["name"], "its model has no headroom any more")
        hopeless = frozenset(uid for uid, seconds in lost.items() if seconds >= _LOST_S)
        for wanted in self.wanted:
            try:
                self._do(wanted, placeholders, held=wanted.model in held, lost=hopeless)
            except RefusedError as error:  # the other models must not suffer
                _log.warning("%s: next try in %.0f s: %s", wanted.model, _PERIOD_S, error)

    def _held(self, now: float) -> set[str]:
        """Return the models whose placeholders have to wait for a session."""
        waiting = list(filter(is_waiting, self.pods.read(self.sessions, MODEL)))
        seconds = self._waiting.seconds(waiting, now)
        return {
            pod["metadata"]["labels"][MODEL]
            for pod in waiting
            if seconds[pod["metadata"]["uid"]] < _HELD_S
        }

    def _do(
        self, wanted: Wanted, placeholders: Sequence[Pod], *, held: bool, lost: frozenset[str]
    ) -> None:
        """Delete and create the placeholders of one model as the plan says."""
        steps = due(wanted, placeholders, held=held, lost=lost)
        for name in steps.delete:
            self._delete(name, "ended, outdated or one too many")
        for _ in range(steps.create):
            labels = {MODEL: wanted.model, TEMPLATE: wanted.template}
            metadata = wanted.pod["metadata"]
            named = {
                **metadata,
                "generateName": f"{wanted.model}-",
                "labels": metadata["labels"] | labels,
            }
            self.pods.create(self.namespace, {**wanted.pod, "metadata": named})
            _log.info("%s: placeholder created", wanted.model)

    def _delete(self, name: str, reason: str) -> None:
        self.pods.delete(self.namespace, name)
        _log.info("%s: deleted, %s", name, reason)
