"""Evicted jobs: finds the job that was evicted in a contest, and waits until it ran again."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Final

from conformance.kit.site.kinds import POD
from conformance.kit.verdicts import Broken

from .batch import JOB_LABEL
from .contest import BACKLOG
from .queues import WORKLOAD

if TYPE_CHECKING:
    from .contest import Contest
    from .evictions import Evictions

__all__ = ["evicted_job", "wait_for_return"]

BACK_S: Final = 300
"""Seconds in which an evicted job must run again; Kueue looks for room every 10 s."""
FINISH_S: Final = 60


def evicted_job(contest: Contest, evicted: Evictions) -> str:
    """Return the name of the evicted job.

    Raises:
        Broken: Its objects no longer exist.
    """
    observer = contest.observer
    for name in evicted.suspended:
        workload = observer.one(WORKLOAD, name)
        if workload:
            return str(workload["metadata"]["ownerReferences"][0]["name"])
    for name in evicted.batch:
        seen = [e.object for e in observer.since(0) if e.kind == POD and e.key == name]
        return str(seen[-1]["metadata"]["labels"][JOB_LABEL])
    raise Broken("the evicted job no longer exists")


def wait_for_return(contest: Contest, job: str, since: float) -> float:
    """Wait until batch is at full size again and an evicted job has run again and finished.

    Jobs that Kueue admits before it are finished as well.

    Args:
        contest: The contest.
        job: The evicted job.
        since: A moment of the monotonic clock.

    Returns:
        Seconds from that moment until batch was at full size.

    Raises:
        AssertionError: It does not happen in time.
    """
    batch, observer = contest.batch, contest.observer
    batch.fill_backlog(BACKLOG)
    back = observer.wait_until(
        lambda: contest.is_settled(contest.capacity), "batch to be at full size again", BACK_S
    )
    deadline = time.monotonic() + BACK_S
    while not batch.is_finished(job):
        assert time.monotonic() < deadline, f"the evicted job {job} does not run again"
        running = batch.running_jobs()
        last = job if job in running else max(running, key=batch.number)
        batch.finish(last)
        observer.wait_until(
            partial(batch.is_finished, last), f"the job {last} to finish", FINISH_S
        )
        batch.fill_backlog(BACKLOG)
        observer.wait_until(
            partial(_is_replaced, contest, last), "another job to take its place", BACK_S
        )
    return back - since


def _is_replaced(contest: Contest, job: str) -> bool:
    """Tell whether batch is at full size without a finished job."""
    return contest.is_settled(contest.capacity) and job not in contest.batch.running_jobs()
