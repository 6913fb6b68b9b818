"""Watching: what the cluster does, stamped by one local clock; waits with a deadline follow it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import urllib3

from conformance.kit.verdicts import Broken

from .api import Document, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType
    from typing import Self

    from .api import Changes, Cluster

__all__ = ["Event", "Observer", "key"]

_SLICE_S: Final = 0.5
"""How often a wait looks up even when nothing changed."""
_AGAIN_S: Final = 0.2
_GONE: Final = 410


@dataclass(frozen=True)
class Event:
    """One change.

    Attributes:
        at: When it was seen here, in seconds of the monotonic clock.
        type: ADDED, MODIFIED or DELETED.
        kind: Of the object.
        key: Namespace and name of the object.
        object: As it is now, or was last.
        before: As it was known before, if it was.
    """

    at: float
    type: str
    kind: str
    key: str
    object: Document
    before: Document | None = None


def key(document: Document) -> str:
    """Namespace and name of an object."""
    about = document["metadata"]
    return f"{about.get('namespace', '')}/{about['name']}"


@dataclass
class _Follower:
    """Follows one kind in one namespace, or in all."""

    kind: str
    namespace: str
    thread: threading.Thread | None = None
    changes: Changes | None = None
    listed: threading.Event = field(default_factory=threading.Event)


class Observer:
    """Everything of some kinds, as it is and as it was, while a `with` lasts.

    Attributes:
        events: All that changed, oldest first.
        gaps: How often changes may have been missed; what was counted then tells nothing.
    """

    def __init__(self, cluster: Cluster, kinds: Iterable[str]) -> None:
        self.cluster = cluster
        self.events: list[Event] = []
        self.gaps = 0
        self._known: dict[str, dict[str, Document]] = {}
        self._changed = threading.Condition()
        self._ended = False
        self._faults: list[BaseException] = []
        self._followers = [_Follower(kind, "") for kind in kinds]

    def __enter__(self) -> Self:
        for follower in self._followers:
            self._known[follower.kind] = {}
            follower.thread = threading.Thread(target=self._follow, args=(follower,), daemon=True)
            follower.thread.start()
        for follower in self._followers:
            if not follower.listed.wait(60):
                raise Broken(f"the cluster does not list its {follower.kind}s")
        self._no_faults()
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

    def all(self, kind: str) -> list[Document]:
        """All objects of a kind, as they are now."""
        with self._changed:
            return list(self._known[kind].values())

    def one(self, kind: str, name: str) -> Document | None:
        """One object, by namespace and name, if it is there."""
        with self._changed:
            return self._known[kind].get(name)

    def mark(self) -> int:
        """Return a place in `events`: what comes from now on stands behind it."""
        with self._changed:
            return len(self.events)

    def since(self, mark: int) -> list[Event]:
        """Return what came since."""
        with self._changed:
            return self.events[mark:]

    def becomes(self, true: Callable[[], object], what: str, within: float) -> float:
        """Wait until something holds; return when that was seen.

        Args:
            true: Looks at this observer.
            what: What is waited for, to end the sentence "in vain for".
            within: Seconds.

        Raises:
            AssertionError: It did not become so: the site does not do it.
        """
        deadline = time.monotonic() + within
        with self._changed:
            while not true():
                self._no_faults()
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"waited {within:.0f} s in vain for {what}")
                self._changed.wait(min(left, _SLICE_S))
        return time.monotonic()

    def stays(self, true: Callable[[], object], what: str, during: float) -> None:
        """Watch for a while that something goes on to hold.

        Raises:
            AssertionError: It did not.
        """
        deadline = time.monotonic() + during
        with self._changed:
            while (left := deadline - time.monotonic()) > 0:
                self._no_faults()
                if not true():
                    raise AssertionError(f"it did not last that {what}")
                self._changed.wait(min(left, _SLICE_S))

    def _no_faults(self) -> None:
        if self._faults:
            raise Broken(f"the cluster cannot be watched: {self._faults[0]}")

    def _follow(self, follower: _Follower) -> None:
        version, deadline = "", time.monotonic() + 60
        while not self._ended:
            try:
                version = version or self._list(follower)
                follower.changes = self.cluster.watch(follower.kind, follower.namespace, version)
                if self._ended:
                    follower.changes.end()
                for change in follower.changes:
                    version = self._take(follower.kind, change)
                    deadline = time.monotonic() + 60
            except RefusedError as refusal:
                if refusal.status != _GONE:
                    self._give_up(follower, refusal)
                    return
                version = ""
            except (urllib3.exceptions.HTTPError, OSError, Broken) as error:
                if time.monotonic() > deadline and not self._ended:
                    self._give_up(follower, error)
                    return
            time.sleep(_AGAIN_S)

    def _give_up(self, follower: _Follower, error: BaseException) -> None:
        with self._changed:
            self._faults.append(error)
            self._changed.notify_all()
        follower.listed.set()

    def _list(self, follower: _Follower) -> str:
        listing = self.cluster.listing(follower.kind, follower.namespace)
        with self._changed:
            if follower.listed.is_set():
                self.gaps += 1
            self._known[follower.kind] = {key(item): item for item in listing["items"]}
            self._changed.notify_all()
        follower.listed.set()
        return str(listing["metadata"]["resourceVersion"])

    def _take(self, kind: str, change: Document) -> str:
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
