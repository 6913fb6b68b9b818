"""Observer: watches Kubernetes objects, timestamps each change by the local clock, and waits."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import urllib3

from conformance.kit.verdicts import Broken

from .api import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType
    from typing import Self

    from .api import Changes, KubeApi
    from .kinds import Document, Kind

__all__ = ["Event", "Observer", "key"]

_SLICE_S: Final = 0.5
"""Seconds after which a wait checks its condition again, even if nothing changed."""
_RETRY_S: Final = 0.2
_LIST_S: Final = 60
_RECONNECT_S: Final = 60
"""Seconds in which a watch that fails must work again."""
_GONE: Final = 410
"""HTTP status for a resource version that the API server no longer has."""


@dataclass(frozen=True)
class Event:
    """One change of an object.

    Attributes:
        at: When it was received here, in seconds of the monotonic clock.
        type: ADDED, MODIFIED or DELETED.
        kind: Of the object.
        key: Namespace and name of the object.
        object: The object after the change, or its last state.
        before: The object before the change; None if it was not known.
    """

    at: float
    type: str
    kind: Kind
    key: str
    object: Document
    before: Document | None = None


def key(document: Document) -> str:
    """Return namespace and name of an object."""
    metadata = document["metadata"]
    return f"{metadata.get('namespace', '')}/{metadata['name']}"


@dataclass
class _Follower:
    """The thread that watches one kind."""

    kind: Kind
    thread: threading.Thread | None = None
    changes: Changes | None = None
    listed: threading.Event = field(default_factory=threading.Event)


class Observer:
    """All objects of some kinds, with all their changes, during a `with`.

    Attributes:
        api: Of the cluster.
        events: All changes, oldest first.
        gaps: How often changes may have been missed; counts of events are then not reliable.
    """

    def __init__(self, api: KubeApi, kinds: Iterable[Kind]) -> None:
        self.api = api
        self.events: list[Event] = []
        self.gaps = 0
        self._known: dict[Kind, dict[str, Document]] = {}
        self._changed = threading.Condition()
        self._ended = False
        self._faults: list[BaseException] = []
        self._followers = [_Follower(kind) for kind in kinds]

    def __enter__(self) -> Self:
        for follower in self._followers:
            self._known[follower.kind] = {}
            follower.thread = threading.Thread(target=self._follow, args=(follower,), daemon=True)
            follower.thread.start()
        for follower in self._followers:
            if not follower.listed.wait(_LIST_S):
                raise Broken(f"the API server does not list {follower.kind.plural}")
        self._raise_faults()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended = True
        for follower in self._followers:
            if follower.changes:
                follower.changes.end()
        for follower in self._followers:
            if follower.thread:
                follower.thread.join(5)

    def all(self, kind: Kind) -> list[Document]:
        """Return all objects of a kind in their present state."""
        with self._changed:
            return list(self._known[kind].values())

    def one(self, kind: Kind, name: str) -> Document | None:
        """Return one object by namespace and name, or None if it does not exist."""
        with self._changed:
            return self._known[kind].get(name)

    def mark(self) -> int:
        """Return the present end of `events`, as an argument of `since`."""
        with self._changed:
            return len(self.events)

    def since(self, mark: int) -> list[Event]:
        """Return the events after a mark."""
        with self._changed:
            return self.events[mark:]

    def wait_until(self, true: Callable[[], object], what: str, within: float) -> float:
        """Wait until a condition holds; return when that was seen.

        Args:
            true: The condition, which reads this observer.
            what: What the wait is for; completes the sentence "waited 60 s in vain for".
            within: Seconds.

        Raises:
            AssertionError: The condition does not hold in time.
        """
        deadline = time.monotonic() + within
        with self._changed:
            while not true():
                self._raise_faults()
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"waited {within:.0f} s in vain for {what}")
                self._changed.wait(min(left, _SLICE_S))
        return time.monotonic()

    def holds_for(self, true: Callable[[], object], what: str, during: float) -> None:
        """Check for some time that a condition holds.

        Args:
            true: The condition, which reads this observer.
            what: The condition in words; completes the sentence "it did not last that".
            during: Seconds.

        Raises:
            AssertionError: The condition stopped to hold.
        """
        deadline = time.monotonic() + during
        with self._changed:
            while (left := deadline - time.monotonic()) > 0:
                self._raise_faults()
                if not true():
                    raise AssertionError(f"it did not last that {what}")
                self._changed.wait(min(left, _SLICE_S))

    def _raise_faults(self) -> None:
        if self._faults:
            raise Broken(f"the cluster cannot be watched: {self._faults[0]}")

    def _follow(self, follower: _Follower) -> None:
        version, deadline = "", time.monotonic() + _RECONNECT_S
        while not self._ended:
            try:
                version = version or self._list(follower)
                follower.changes = self.api.watch(follower.kind, "", version)
                if self._ended:
                    follower.changes.end()
                for change in follower.changes:
                    version = self._take(follower.kind, change)
                    deadline = time.monotonic() + _RECONNECT_S
            except RefusedError as refusal:
                if refusal.status != _GONE:
                    self._give_up(follower, refusal)
                    return
                version = ""
            except (urllib3.exceptions.HTTPError, OSError, Broken) as error:
                if time.monotonic() > deadline and not self._ended:
                    self._give_up(follower, error)
                    return
            time.sleep(_RETRY_S)

    def _give_up(self, follower: _Follower, error: BaseException) -> None:
        with self._changed:
            self._faults.append(error)
            self._changed.notify_all()
        follower.listed.set()

    def _list(self, follower: _Follower) -> str:
        listing = self.api.listing(follower.kind)
        with self._changed:
            if follower.listed.is_set():
                self.gaps += 1
            self._known[follower.kind] = {key(item): item for item in listing["items"]}
            self._changed.notify_all()
        follower.listed.set()
        return str(listing["metadata"]["resourceVersion"])

    def _take(self, kind: Kind, change: Document) -> str:
        at, content = time.monotonic(), change["object"]
        if change["type"] == "ERROR":
            raise RefusedError(int(content.get("code", 0)), str(content.get("message")))
        version = str(content["metadata"]["resourceVersion"])
        if change["type"] == "BOOKMARK":
            return version
        name = key(content)
        with self._changed:
            before = self._known[kind].pop(name, None)
            if change["type"] != "DELETED":
                self._known[kind][name] = content
            self.events.append(Event(at, change["type"], kind, name, content, before))
            self._changed.notify_all()
        return version
