"""The contest, measured: waiting times for a session on a full site and on a free one, in turn."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest

from conformance.kit.contest.contest import Contest
from conformance.kit.contest.evicted_jobs import evicted_job, wait_for_return
from conformance.kit.contest.evictions import Evictions
from conformance.kit.suite.environment import Noise

from .arrivals import Arm, Arrival, in_pairs
from .measurement import Measurement
from .samples import Return, Sample

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from conformance.kit.people.accounts import Accounts
    from conformance.kit.people.sessions import Sessions
    from conformance.kit.site.site_under_test import SiteUnderTest
    from conformance.kit.suite.run_record import RunRecord

PAIRS: Final = 10


@pytest.mark.site
@pytest.mark.timeout(0)  # as long as the number of rounds takes; each wait has its own deadline
def test_people_start_sessions_on_a_full_site_and_on_a_free_one(
    accounts: Accounts,
    site: SiteUnderTest,
    sessions: Sessions,
    run: RunRecord,
    rng: random.Random,
    say: Callable[[str], None],
) -> None:
    """Rounds of both arms, interleaved; only placeholders and batch are evicted."""
    pairs = run.options.rounds or PAIRS
    arrivals = in_pairs(pairs, rng)
    with Measurement(run, pairs, say) as measurement:
        measurement.progress("the session of the incumbent starts")
        contest = Contest.prepared(site, sessions, accounts, rng)
        with contest.batch:
            measurement.progress("batch fills the site")
            contest.start_full()
            for arrival in arrivals:
                measurement.add(one_round(contest, arrival))
                contest.check_incumbent()
                assert not measurement.seen[-1].gave_way["sessions_ended"], measurement.faults()
        assert not measurement.faults(), measurement.faults()


def one_round(contest: Contest, arrival: Arrival) -> Sample:
    """Start and stop the newcomer's session once; return the measurement."""
    full = arrival.arm is Arm.FULL
    contest.fill() if full else contest.empty()
    intended = time.monotonic() + arrival.delay
    at = datetime.now(UTC) + timedelta(seconds=arrival.delay)
    noise = Noise()
    seen = contest.start_session(left=contest.capacity - 1 if full else 0, at=intended)
    load = noise.measured()
    stopped = time.monotonic()
    contest.newcomer.stop()
    expected = contest.expected_evictions() if full else Evictions().counts()
    return Sample(
        round=arrival.round,
        pair=arrival.pair,
        arm=arrival.arm,
        at=at.isoformat(timespec="milliseconds"),
        moments=seen.since(intended),
        gave_way=seen.evicted.counts(),
        returned=job_return(contest, seen.evicted, stopped),
        noise=load,
        fault=seen.evicted.difference(expected),
    )


def job_return(contest: Contest, evicted: Evictions, stopped: float) -> Return | None:
    """Wait until the evicted job has run again and finished; None if no job was evicted."""
    if not evicted.suspended and not evicted.batch:
        return None
    back = wait_for_return(contest, evicted_job(contest, evicted), stopped)
    return Return(requeued=back, finished=time.monotonic() - stopped)
