"""EVI-01: a session on a site full of batch evicts one placeholder or batch pod, and no more."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from conformance.kit.contest.contest import Contest
from conformance.kit.contest.evicted_jobs import evicted_job, wait_for_return
from conformance.kit.requirements import MUST, Rounds, requirement

if TYPE_CHECKING:
    import random

    from conformance.kit.people.accounts import Accounts
    from conformance.kit.people.sessions import Sessions
    from conformance.kit.record import Record
    from conformance.kit.site.observer import Observer
    from conformance.kit.site.site_under_test import SiteUnderTest


@requirement(
    "EVI-01",
    MUST,
    "f56fb3e8-2ec9-4f89-a321-4e3ef9cc8113",
    "A session starts on a site full of batch, and exactly one thing is evicted: a placeholder, "
    "for which Kueue suspends one job that later runs again and finishes; on a site without "
    "headroom, one pod of batch.",
    needs=("accelerators", "identity", "ingress", "notebooks", "queueing"),
    rounds=Rounds(brief=10, full=30),
)
def test_a_session_starts_on_a_full_site_and_one_thing_is_evicted(
    accounts: Accounts,
    site: SiteUnderTest,
    sessions: Sessions,
    record: Record,
    rounds: int,
    rng: random.Random,
) -> None:
    contest = Contest.prepared(site, sessions, accounts, rng)
    with contest.batch:
        contest.start_full()
        for _ in range(rounds):
            random_pause(contest.observer, rng)
            contest.fill()
            record.sample(**start_and_stop(contest))
            contest.check_incumbent()
            record.rounds += 1


def random_pause(observer: Observer, rng: random.Random) -> None:
    """Wait up to 2 s, so that sessions start at no fixed phase of the site's own cycles."""
    observer.holds_for(lambda: True, "time passes", rng.uniform(0, 2))


def start_and_stop(contest: Contest) -> dict[str, Any]:
    """Start and stop a session; return when each step happened, in seconds from the request."""
    seen = contest.start_session(left=contest.capacity - 1)
    difference = seen.evicted.difference(contest.expected_evictions())
    assert not difference, difference
    stopped = time.monotonic()
    contest.newcomer.stop()
    back = wait_for_return(contest, evicted_job(contest, seen.evicted), stopped)
    moments = seen.since(seen.moments["asked"])
    del moments["asked"]
    return moments | {"job_back": back} | seen.evicted.counts()
