"""EVI-01: on a cluster full of batch a session starts, and one thing gives way for it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from conformance.kit.batch import JOB_LABEL, Batch, place
from conformance.kit.contest import Losses, Spaces, losses
from conformance.kit.pods import condition, stamps
from conformance.kit.requirements import MUST, Rounds, requirement
from conformance.kit.verdicts import Broken
from conformance.kit.watching import key

if TYPE_CHECKING:
    import random

    from conformance.kit.crowd import Crowd
    from conformance.kit.person import Person
    from conformance.kit.record import Record
    from conformance.kit.view import View
    from conformance.kit.watching import Event, Observer

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


@requirement(
    "EVI-01",
    MUST,
    "f56fb3e8-2ec9-4f89-a321-4e3ef9cc8113",
    "On a full cluster a session starts, and one thing alone gives way: a placeholder, for which "
    "Kueue suspends one job that comes back and finishes; without headroom, one pod of batch.",
    needs=("accelerators", "identity", "ingress", "notebooks", "queueing"),
    rounds=Rounds(brief=10, full=30),
)
def test_a_session_starts_on_a_full_cluster_and_one_thing_gives_way(
    crowd: Crowd,
    view: View,
    observer: Observer,
    spaces: Spaces,
    record: Record,
    rounds: int,
    lots: random.Random,
) -> None:
    keeper, person = crowd.members(2)
    model = max(view.models, key=lambda one: (view.headroom(one), view.models[one]))
    assert view.site.notebooks
    patience = view.site.notebooks.patience
    keeper.start(crowd.choice(keeper, model), patience)
    kept = spaces.session(observer, keeper.name)
    assert kept, f"no namespace of sessions has a pod of {keeper}'s session"
    batch = Batch(
        observer,
        place(observer.cluster),
        str(kept["spec"]["containers"][0]["image"]),
        model,
        view.resource(model),
        busy=tuple(lots.randrange(BUSIEST) for _ in range(7)),
    )
    contest = Contest(view, observer, spaces, batch)
    with batch:
        contest.begins()
        for _ in range(rounds):
            lots_wait(observer, lots)
            contest.is_full()
            record.sample(**contest.round(crowd, person, patience))
            assert keeper.kernel().run("print(6 * 7)") == "42\n", "the other session is gone"
            record.rounds += 1


def lots_wait(observer: Observer, lots: random.Random) -> None:
    """Let a moment pass, so that a session comes at no certain time."""
    observer.stays(lambda: True, "time passes", lots.uniform(0, 2))


@dataclass
class Contest:
    """A cluster full of batch, on which one session stays and another one comes and goes."""

    view: View
    observer: Observer
    spaces: Spaces
    batch: Batch

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

    def stands(self, running: int) -> bool:
        """Tell whether headroom is whole and batch has so many accelerators."""
        holders = self.spaces.placeholders(self.observer, self.batch.resource)
        return len(holders) == self.headroom and len(self.batch.running()) == running

    def begins(self) -> None:
        """Have batch take every accelerator, headroom standing; then the contest can be held."""
        placeholders = f"{self.headroom} placeholders to stand, as the site says"
        self.observer.becomes(
            lambda: (
                len(self.spaces.placeholders(self.observer, self.batch.resource)) == self.headroom
            ),
            placeholders,
            FULL_S,
        )
        self.batch.submit_many(self.places)
        try:
            self.is_full()
        except AssertionError as error:
            raise Broken(f"there is no full cluster to start from: {error}") from None

    def is_full(self) -> None:
        """Have every accelerator taken and batch waiting for more."""
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

    def round(self, crowd: Crowd, person: Person, patience: float) -> dict[str, Any]:
        """Have a person come and go; return when what happened, in seconds from their request."""
        profile = crowd.choice(person, self.batch.model)
        mark = self.observer.mark()
        start = person.start(profile, patience)
        assert person.kernel().run("print(6 * 7)") == "42\n"
        replied = time.monotonic()
        session = self.spaces.session(self.observer, person.name)
        assert session, f"no namespace of sessions has a pod of {person}'s session"
        left = self.places - 1
        self.observer.becomes(
            lambda: self.stands(left),
            f"headroom to be whole again and batch to have {left} accelerators",
            WHOLE_S if self.headroom else FULL_S,
        )
        self.observer.stays(lambda: self.stands(left), "nothing more gives way", QUIET_S)
        events = self.observer.since(mark)
        lost = losses(events, self.spaces)
        self.is_one(lost)
        stopped = time.monotonic()
        person.stop()
        back = self.comes_back(job_of(lost, self.observer), stopped)
        seen = stamps(events, key(session))
        return {
            "bound": seen["bound"] - start.asked,
            "running": seen["running"] - start.asked,
            "ready": start.ready - start.asked,
            "reply": replied - start.asked,
            **{name: at - start.asked for name, at in when(events, lost, self.spaces).items()},
            "job_back": back,
            **lost.told(),
        }

    def is_one(self, lost: Losses) -> None:
        """Make sure that one thing gave way, and no session."""
        if self.observer.gaps:
            raise Broken("the API server closed a watch for good: what gave way is not known")
        told = lost.told()
        wanted = dict.fromkeys(told, 0)
        if self.headroom:
            wanted |= {"placeholders_preempted": 1, "jobs_suspended": 1}
        else:
            wanted |= {"batch_pods_preempted": 1}
        assert told == wanted, f"what gave way is {told}, and should be {wanted}"

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


def job_of(lost: Losses, observer: Observer) -> str:
    """Name the job that gave way."""
    for name in lost.suspended:
        workload = observer.one("Workload", name)
        if workload:
            return str(workload["metadata"]["ownerReferences"][0]["name"])
    for name in lost.batch:
        seen = [e.object for e in observer.since(0) if e.kind == "Pod" and e.key == name]
        return str(seen[-1]["metadata"]["labels"][JOB_LABEL])
    raise Broken("the job that gave way is not there any more")


def when(events: list[Event], lost: Losses, spaces: Spaces) -> dict[str, float]:
    """When who gave way, and when the last new placeholder stood."""
    first: dict[str, float] = {}
    for event in events:
        new = event.kind == "Pod" and not event.before
        if new and event.key.partition("/")[0] in spaces.headroom:
            first["whole_again"] = stamps(events, event.key)["running"]
        if event.key in lost.placeholders | lost.batch and event.type != "ADDED":
            first.setdefault("gave_way", event.at)
        if (
            event.key in lost.suspended
            and condition(event.object, "Evicted").get("status") == "True"
        ):
            first.setdefault("job_suspended", event.at)
    return first
