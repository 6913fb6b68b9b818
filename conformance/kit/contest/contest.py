"""Contest: batch holds every accelerator, a person starts a session, and batch is evicted."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from conformance.kit.site.observer import key
from conformance.kit.site.pods import condition, image_of
from conformance.kit.verdicts import Broken

from .batch import Batch, pods_holding
from .evictions import EvictionRecord, Evictions, evictions_in
from .queues import find_queue

if TYPE_CHECKING:
    import random
    from typing import Self

    from conformance.kit.people.accounts import Accounts
    from conformance.kit.people.kernel import Kernel
    from conformance.kit.people.person import Person
    from conformance.kit.people.sessions import Sessions
    from conformance.kit.site.observer import Observer
    from conformance.kit.site.site_under_test import SiteUnderTest

__all__ = ["BACKLOG", "Contest"]

BACKLOG: Final = 2
FULL_S: Final = 180
HEADROOM_S: Final = 60
"""Seconds in which headroom must be complete again after an eviction."""
QUIET_S: Final = 2
"""Seconds without another eviction after which the site counts as settled."""
BUSIEST: Final = 20_000


@dataclass
class Contest:
    """A site on which one session stays, and another one starts and stops, with batch or without.

    Attributes:
        site: The site.
        sessions: Starts sessions there.
        accounts: Gives people.
        incumbent: Person whose session must survive.
        kernel: Kernel of that session; it holds a variable, which a new kernel would not have.
        newcomer: Person who starts and stops a session.
        batch: Jobs of the contest; to be entered in a `with`, which deletes them at its end.
    """

    site: SiteUnderTest
    sessions: Sessions
    accounts: Accounts
    incumbent: Person
    kernel: Kernel
    newcomer: Person
    batch: Batch

    @classmethod
    def prepared(
        cls, site: SiteUnderTest, sessions: Sessions, accounts: Accounts, rng: random.Random
    ) -> Self:
        """Start the session of the incumbent, on the model with the most headroom."""
        incumbent, newcomer = accounts.members(2)
        model = site.model_with_most_headroom
        pod = sessions.start(incumbent, accounts.profile(incumbent, model))
        batch = Batch(
            sessions.observer,
            find_queue(sessions.observer.api),
            image_of(pod),
            model,
            site.resource(model),
            busy=tuple(rng.randrange(BUSIEST) for _ in range(7)),
        )
        kernel = incumbent.kernel()
        kernel.run("kept = 6 * 7")
        return cls(site, sessions, accounts, incumbent, kernel, newcomer, batch)

    @property
    def observer(self) -> Observer:
        """Observer of Pods, Jobs and Workloads."""
        return self.sessions.observer

    def check_incumbent(self) -> None:
        """Check that the session of the incumbent still has its kernel.

        Raises:
            AssertionError: It has not.
        """
        assert self.kernel.run("print(kept)") == "42\n", "the incumbent's session is gone"

    @property
    def headroom(self) -> int:
        """How many placeholders the site file sets for the model."""
        return self.site.headroom(self.batch.model)

    @property
    def capacity(self) -> int:
        """How many accelerators batch can hold next to the incumbent's session.

        Raises:
            Broken: None.
        """
        capacity = self.site.models[self.batch.model] - self.headroom - 1
        if capacity < 1:
            raise Broken(f"with one session and headroom, batch has no {self.batch.model} at all")
        return capacity

    def placeholders(self) -> int:
        """Return how many placeholders run."""
        found = self.sessions.namespaces.placeholders(self.observer, self.batch.resource)
        return len(found)

    def is_settled(self, running: int) -> bool:
        """Tell whether headroom is complete and batch holds exactly so many accelerators."""
        return self.placeholders() == self.headroom and len(self.batch.running()) == running

    def start_full(self) -> None:
        """Fill the site for the first time.

        Raises:
            AssertionError: The site has not the headroom of its site file.
            Broken: The site does not become full.
        """
        self.observer.wait_until(
            lambda: self.placeholders() == self.headroom,
            f"{self.headroom} placeholders, as the site file says",
            FULL_S,
        )
        try:
            self.fill()
        except AssertionError as error:
            raise Broken(f"there is no full cluster to start from: {error}") from None

    def fill(self) -> None:
        """Submit jobs until batch holds every accelerator and more jobs wait."""
        unfinished = [job for job in self.batch.jobs() if not condition(job, "Complete")]
        self.batch.submit_many(max(0, self.capacity - len(unfinished)))
        self.observer.wait_until(
            lambda: self.is_settled(self.capacity),
            f"batch to hold {self.capacity} accelerators and headroom to be complete",
            FULL_S,
        )
        self.batch.fill_backlog(BACKLOG)
        self.observer.wait_until(
            lambda: len(self.batch.waiting()) >= BACKLOG and self.is_settled(self.capacity),
            "jobs to wait behind those that run",
            FULL_S,
        )

    def empty(self) -> None:
        """Delete all jobs, and wait until headroom is complete and an accelerator is free."""
        self.batch.clear()
        taken = self.headroom + 1
        resource = self.batch.resource
        self.observer.wait_until(
            lambda: self.is_settled(0) and len(pods_holding(self.observer, resource)) == taken,
            f"all accelerators but {taken} to be free, and headroom to be complete",
            FULL_S,
        )

    def start_session(self, *, left: int, at: float = 0) -> EvictionRecord:
        """Start the newcomer's session, wait until the site has settled, and record evictions.

        Args:
            left: How many accelerators batch must hold afterwards.
            at: When to send the request, by the monotonic clock; a moment in the past means at
                once.

        Raises:
            AssertionError: The session does not work, or the site does not settle.
            Broken: Events may have been missed.
        """
        newcomer, patience = self.newcomer, self.sessions.patience
        profile = self.accounts.profile(newcomer, self.batch.model)
        mark = self.observer.mark()
        start = newcomer.start(profile, patience, at=at)
        reachable = newcomer.wait_reachable(patience)
        assert newcomer.kernel().run("print(6 * 7)") == "42\n"
        moments = {
            "asked": start.asked,
            "ready": start.ready,
            "answered": reachable,
            "reply": time.monotonic(),
        }
        pod = self.sessions.pod(newcomer)
        namespaces = self.sessions.namespaces
        try:
            self._wait_settled(left)
        except AssertionError as error:
            counts = evictions_in(self.observer.since(mark), namespaces).counts()
            raise AssertionError(f"{error}; evictions are {counts}") from None
        events = self.observer.since(mark)
        if self.observer.gaps:
            raise Broken("the API server dropped events of a watch: evictions are not known")
        return EvictionRecord.of(moments, events, namespaces, key(pod))

    def expected_evictions(self) -> dict[str, int]:
        """Return what must be evicted for a session on the full site, as `Evictions.counts`."""
        if self.headroom:
            expected = {"placeholders_preempted": 1, "jobs_suspended": 1}
        else:
            expected = {"batch_pods_preempted": 1}
        return Evictions().counts() | expected

    def _wait_settled(self, left: int) -> None:
        """Wait until headroom is complete, batch holds so many, and evictions have ended."""
        self.observer.wait_until(
            lambda: self.is_settled(left),
            f"headroom to be complete again and batch to hold {left} accelerators",
            HEADROOM_S if self.headroom else FULL_S,
        )
        self.observer.holds_for(lambda: self.is_settled(left), "no more pods are evicted", QUIET_S)
