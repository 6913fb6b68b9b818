"""EVI-17: batch takes nothing from a person, whatever priority it asks for."""

from __future__ import annotations

from itertools import cycle, product
from typing import TYPE_CHECKING, Final

from conformance.kit.contest.batch import Batch, place
from conformance.kit.contest.evictions import Spaces, losses
from conformance.kit.requirements import MUST, Rounds, requirement
from conformance.kit.site.api import RefusedError
from conformance.kit.site.pods import condition
from conformance.kit.verdicts import Broken

if TYPE_CHECKING:
    from conformance.kit.people.accounts import Crowd
    from conformance.kit.record import Record
    from conformance.kit.site.observer import Observer
    from conformance.kit.site.site_under_test import View

AT_ONCE: Final = 10
STARTED_S: Final = 180
WORK: Final = "sleep 0.5"


@requirement(
    "EVI-17",
    MUST,
    "4625de36-e188-42c9-97be-310a37e4161e",
    "Batch never evicts a session, whatever priority it asks for.",
    needs=("accelerators", "identity", "ingress", "notebooks", "queueing"),
    rounds=Rounds(brief=20, full=1000),
)
def test_batch_of_any_priority_takes_nothing_from_a_session(
    crowd: Crowd, view: View, observer: Observer, spaces: Spaces, record: Record, rounds: int
) -> None:
    assert view.site.notebooks
    people = crowd.members(2)
    model = max(view.models, key=lambda one: (view.headroom(one), view.models[one]))
    for person in people:
        person.start(crowd.choice(person, model), view.site.notebooks.patience)
    pod = spaces.session(observer, people[0])
    image = str(pod["spec"]["containers"][0]["image"])
    batch = Batch(
        observer, place(observer.cluster), image, model, view.resource(model), script=WORK
    )
    mark = observer.mark()
    with batch:
        ways = let_through(batch, record)
        for (priority, queue_priority), _ in zip(cycle(ways), range(rounds), strict=False):
            job = batch.submit(priority=priority, queue_priority=queue_priority)
            observer.becomes(lambda: len(unfinished(batch)) < AT_ONCE, "jobs to finish", STARTED_S)
            lost = losses(observer.since(mark), spaces).sessions
            assert not lost, f"batch of priority {priority}, {queue_priority}: {lost} had to end"
            record.sample(job=job, priority=priority, queue_priority=queue_priority)
            record.rounds += 1
        observer.becomes(lambda: not unfinished(batch), "all jobs to finish", STARTED_S)
    lost = losses(observer.since(mark), spaces).sessions
    assert not lost, f"sessions had to end: {lost}"
    if observer.gaps:
        raise Broken("the API server closed a watch for good: what gave way is not known")
    for person in people:
        assert person.kernel().run("print(6 * 7)") == "42\n", f"{person}'s session is gone"


def let_through(batch: Batch, record: Record) -> list[tuple[str, str]]:
    """Return which priorities a job may ask for; the site refuses the others."""
    cluster = batch.cluster
    classes = [one["metadata"]["name"] for one in cluster.all("PriorityClass")]
    queue = ["", *(one["metadata"]["name"] for one in cluster.all("WorkloadPriorityClass"))]
    ways = []
    for priority, queue_priority in product(classes, queue):
        try:
            batch.submit(priority=priority, queue_priority=queue_priority, dry_run=True)
        except RefusedError as refusal:
            record.note(refused=priority, queue_priority=queue_priority, why=refusal.message)
        else:
            ways.append((priority, queue_priority))
    if not ways:
        raise Broken("the site lets no job through at all")
    return ways


def unfinished(batch: Batch) -> list[str]:
    """Jobs that still want something."""
    return [
        job["metadata"]["name"]
        for job in batch.jobs()
        if condition(job, "Complete").get("status") != "True"
    ]
