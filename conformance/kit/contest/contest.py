"""Contest: a cluster full of batch, where a person comes, and something gives way for them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from conformance.kit.site.observer import key
from conformance.kit.site.pods import condition
from conformance.kit.verdicts import Broken

from .batch import JOB_LABEL, Batch, holders, place
from .evictions import Losses, Visit, losses

if TYPE_CHECKING:
    import random
    from typing import Self

    from conformance.kit.people.accounts import Crowd
    from conformance.kit.people.kernel import Kernel
    from conformance.kit.people.person import Person
    from conformance.kit.site.observer import Observer
    from conformance.kit.site.site_under_test import View

    from .evictions import Spaces

__all__ = ["Contest"]

BACKLOG: Final = 2
FULL_S: Final = 180
WHOLE_S: Final = 60
"""In which headroom is whole again."""
QUIET_S: Final = 2
"""For which nothing more may give way."""
BACK_S: Final = 300
"""In which a job that gave way has its place again; Kueue looks for one every 10 s."""
FINISH_S: Final = 60
BUSIEST: Final = 20_000


@dataclass
class Contest:
    """A site on which one session stays and another one comes and goes, with batch or without.

    Attributes:
        crowd: The people.
        keeper: Whose session stays.
        kernel: Of that session; it remembers something, which a new one would not.
        person: Who comes and goes.
        batch: Of the image that sessions have; it is cleared by whoever has a `with` of it.
    """

    view: View
    observer: Observer
    spaces: Spaces
    crowd: Crowd
    keeper: Person
    kernel: Kernel
    person: Person
    batch: Batch

    @classmethod
    def prepared(
        cls, view: View, observer: Observer, spaces: Spaces, crowd: Crowd, lots: random.Random
    ) -> Self:
        """Start the session that stays, on the model with the most headroom."""
        keeper, person = crowd.members(2)
        model = max(view.models, key=lambda one: (view.headroom(one), view.models[one]))
        keeper.start(crowd.choice(keeper, model), _patience(view))
        kept = spaces.session(observer, keeper)
        batch = Batch(
            observer,
            place(observer.cluster),
            str(kept["spec"]["containers"][0]["image"]),
            model,
            view.resource(model),
            busy=tuple(lots.randrange(BUSIEST) for _ in range(7)),
        )
        kernel = keeper.kernel()
        kernel.run("kept = 6 * 7")
        return cls(view, observer, spaces, crowd, keeper, kernel, person, batch)

    def keeps(self) -> None:
        """Make sure that the session that stays is the one that it was."""
        assert self.kernel.run("print(kept)") == "42\n", "the other session is gone"

    @property
    def headroom(self) -> int:
        """How many placeholders there are to be."""
        return self.view.headroom(self.batch.model)

    @property
    def places(self) -> int:
        """How many accelerators batch has while one session stays."""
        places = self.view.models[self.batch.model] - self.headroom - 1
        if places < 1:
            raise Broken(f"with one session and headroom, batch has no {self.batch.model} at all")
        return places

    def placeholders(self) -> int:
        """How many placeholders stand."""
        return len(self.spaces.placeholders(self.observer, self.batch.resource))

    def stands(self, running: int) -> bool:
        """Tell whether headroom is whole and batch has so many accelerators."""
        return self.placeholders() == self.headroom and len(self.batch.running()) == running

    def begins(self) -> None:
        """Have batch take every accelerator, headroom standing; then the contest can be held."""
        self.observer.becomes(
            lambda: self.placeholders() == self.headroom,
            f"{self.headroom} placeholders to stand, as the site says",
            FULL_S,
        )
        try:
            self.is_full()
        except AssertionError as error:
            raise Broken(f"there is no full cluster to start from: {error}") from None

    def is_full(self) -> None:
        """Have every accelerator taken and batch waiting for more."""
        unfinished = [job for job in self.batch.jobs() if not condition(job, "Complete")]
        self.batch.submit_many(max(0, self.places - len(unfinished)))
        self.observer.becomes(
            lambda: self.stands(self.places),
            f"batch to have {self.places} accelerators and headroom to be whole",
            FULL_S,
        )
        self.batch.keep_waiting(BACKLOG)
        self.observer.becomes(
            lambda: len(self.batch.waiting()) >= BACKLOG and self.stands(self.places),
            "jobs to wait behind those that run",
            FULL_S,
        )

    def is_free(self) -> None:
        """Have no batch at all, headroom whole, and an accelerator that nobody has."""
        self.batch.clear()
        taken = self.headroom + 1
        self.observer.becomes(
            lambda: self.stands(0) and len(holders(self.observer, self.batch.resource)) == taken,
            f"all accelerators but {taken} to be free, and headroom to be whole",
            FULL_S,
        )

    def visit(self, *, left: int, at: float = 0) -> Visit:
        """Have the person come, and everything settle; they stay.

        Args:
            left: How many accelerators batch has in the end.
            at: When they ask, by the monotonic clock; at once if that is past.
        """
        person, patience = self.person, _patience(self.view)
        profile = self.crowd.choice(person, self.batch.model)
        mark = self.observer.mark()
        start = person.start(profile, patience, at=at)
        answered = person.answered(patience)
        assert person.kernel().run("print(6 * 7)") == "42\n"
        moments = {
            "asked": start.asked,
            "ready": start.ready,
            "answered": answered,
            "reply": time.monotonic(),
        }
        session = self.spaces.session(self.observer, person)
        try:
            self._settles(left)
        except AssertionError as error:
            told = losses(self.observer.since(mark), self.spaces).told()
            raise AssertionError(f"{error}; what gave way is {told}") from None
        events = self.observer.since(mark)
        if self.observer.gaps:
            raise Broken("the API server closed a watch for good: what gave way is not known")
        return Visit.of(moments, events, self.spaces, key(session))

    def due(self) -> dict[str, int]:
        """What gives way for a session on the full cluster, as `Losses.told` tells it."""
        if self.headroom:
            gives_way = {"placeholders_preempted": 1, "jobs_suspended": 1}
        else:
            gives_way = {"batch_pods_preempted": 1}
        return Losses().told() | gives_way

    def job_of(self, lost: Losses) -> str:
        """Name the job that gave way."""
        for name in lost.suspended:
            workload = self.observer.one("Workload", name)
            if workload:
                return str(workload["metadata"]["ownerReferences"][0]["name"])
        for name in lost.batch:
            seen = [e.object for e in self.observer.since(0) if e.kind == "Pod" and e.key == name]
            return str(seen[-1]["metadata"]["labels"][JOB_LABEL])
        raise Broken("the job that gave way is not there any more")

    def comes_back(self, job: str, since: float) -> float:
        """Wait until a job that gave way ran again and finished; return when its place was taken.

        Whichever job the queue lets run before it is told to finish as well.
        """
        self.batch.keep_waiting(BACKLOG)
        back = self.observer.becomes(
            lambda: self.stands(self.places), "batch to have its place again", BACK_S
        )
        deadline = time.monotonic() + BACK_S
        while not self.batch.is_finished(job):
            assert time.monotonic() < deadline, (
                f"the job {job}, which gave way, does not come back"
            )
            running = self.batch.running_jobs()
            last = job if job in running else max(running, key=self.batch.number)
            self.batch.finish(last)
            self.observer.becomes(
                partial(self.batch.is_finished, last), f"the job {last} to finish", FINISH_S
            )
            self.batch.keep_waiting(BACKLOG)
            self.observer.becomes(
                lambda last=last: (
                    self.stands(self.places)  # type: ignore[misc]
                    and last not in self.batch.running_jobs()
                ),
                "another job to take its place",
                BACK_S,
            )
        return back - since

    def _settles(self, left: int) -> None:
        """Wait until headroom is whole and batch has so many, and nothing more gives way."""
        self.observer.becomes(
            lambda: self.stands(left),
            f"headroom to be whole again and batch to have {left} accelerators",
            WHOLE_S if self.headroom else FULL_S,
        )
        self.observer.stays(lambda: self.stands(left), "nothing more gives way", QUIET_S)


def _patience(view: View) -> float:
    assert view.site.notebooks
    return view.site.notebooks.patience
