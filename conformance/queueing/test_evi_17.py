"""EVI-17: batch evicts no session, with every priority that the site lets it ask for."""

from __future__ import annotations

from itertools import cycle, product
from typing import TYPE_CHECKING, Final

from conformance.kit.contest.batch import Batch
from conformance.kit.contest.evictions import evictions_in
from conformance.kit.contest.queues import WORKLOAD_PRIORITY_CLASS, find_queue
from conformance.kit.requirements import MUST, Rounds, requirement
from conformance.kit.site.api import RefusedError
from conformance.kit.site.kinds import PRIORITY_CLASS
from conformance.kit.site.pods import condition, image_of
from conformance.kit.verdicts import Broken

if TYPE_CHECKING:
    from conformance.kit.people.accounts import Accounts
    from conformance.kit.people.sessions import Sessions
    from conformance.kit.record import Record
    from conformance.kit.site.site_under_test import SiteUnderTest

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
def test_batch_of_any_priority_evicts_no_session(
    accounts: Accounts, site: SiteUnderTest, sessions: Sessions, record: Record, rounds: int
) -> None:
    observer, namespaces = sessions.observer, sessions.namespaces
    people = accounts.members(2)
    model = site.model_with_most_headroom
    pods = [sessions.start(person, accounts.profile(person, model)) for person in people]
    queue, resource = find_queue(observer.api), site.resource(model)
    batch = Batch(observer, queue, image_of(pods[0]), model, resource, script=WORK)
    mark = observer.mark()
    with batch:
        allowed = allowed_priorities(batch, record)
        for (priority, queue_priority), _ in zip(cycle(allowed), range(rounds), strict=False):
            job = batch.submit(priority=priority, queue_priority=queue_priority)
            observer.wait_until(
                lambda: len(unfinished(batch)) < AT_ONCE, "jobs to finish", STARTED_S
            )
            evicted = evictions_in(observer.since(mark), namespaces).sessions
            assert not evicted, (
                f"batch of priority {priority}, {queue_priority}: {evicted} had to end"
            )
            record.sample(job=job, priority=priority, queue_priority=queue_priority)
            record.rounds += 1
        observer.wait_until(lambda: not unfinished(batch), "all jobs to finish", STARTED_S)
    evicted = evictions_in(observer.since(mark), namespaces).sessions
    assert not evicted, f"sessions had to end: {evicted}"
    if observer.gaps:
        raise Broken("the API server dropped events of a watch: evictions are not known")
    for person in people:
        assert person.kernel().run("print(6 * 7)") == "42\n", f"{person}'s session is gone"


def allowed_priorities(batch: Batch, record: Record) -> list[tuple[str, str]]:
    """Return the pairs of PriorityClass and WorkloadPriorityClass that the site allows a job.

    Raises:
        Broken: It allows none.
    """
    api = batch.api
    classes = [one["metadata"]["name"] for one in api.all(PRIORITY_CLASS)]
    queue = ["", *(one["metadata"]["name"] for one in api.all(WORKLOAD_PRIORITY_CLASS))]
    allowed = []
    for priority, queue_priority in product(classes, queue):
        try:
            batch.submit(priority=priority, queue_priority=queue_priority, dry_run=True)
        except RefusedError as refusal:
            record.note(refused=priority, queue_priority=queue_priority, why=refusal.message)
        else:
            allowed.append((priority, queue_priority))
    if not allowed:
        raise Broken("the site refuses a job of every priority")
    return allowed


def unfinished(batch: Batch) -> list[str]:
    """Return the names of jobs that are not complete."""
    return [
        job["metadata"]["name"]
        for job in batch.jobs()
        if condition(job, "Complete").get("status") != "True"
    ]
