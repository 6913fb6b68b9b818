"""The contest: a person comes to a full cluster and to a free one, in turn; who waits how long."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest

from conformance.kit.contest.contest import Contest
from conformance.kit.contest.evictions import Losses
from conformance.kit.suite.environment import Noise

from .arrivals import Arm, Arrival, in_pairs
from .measurement import Measurement
from .samples import Return, Sample

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from conformance.kit.contest.evictions import Spaces
    from conformance.kit.people.accounts import Crowd
    from conformance.kit.site.observer import Observer
    from conformance.kit.site.site_under_test import View
    from conformance.kit.suite.run import Judge

PAIRS: Final = 10


@pytest.mark.site
@pytest.mark.timeout(0)  # it takes as long as it is asked to; each wait in it has its own end
def test_a_person_comes_to_a_full_cluster_and_to_a_free_one(
    crowd: Crowd,
    view: View,
    observer: Observer,
    spaces: Spaces,
    judge: Judge,
    lots: random.Random,
    say: Callable[[str], None],
) -> None:
    """Rounds of both arms, interleaved; nobody but placeholders and batch gives way."""
    pairs = judge.asked.rounds or PAIRS
    arrivals = in_pairs(pairs, lots)
    with Measurement(judge, pairs, say) as measurement:
        measurement.tell("one session comes to stay")
        contest = Contest.prepared(view, observer, spaces, crowd, lots)
        with contest.batch:
            measurement.tell("the cluster fills with batch")
            contest.begins()
            for arrival in arrivals:
                measurement.take(come_and_go(contest, arrival))
                contest.keeps()
                assert not measurement.seen[-1].gave_way["sessions_ended"], measurement.faults()
        assert not measurement.faults(), measurement.faults()


def come_and_go(contest: Contest, arrival: Arrival) -> Sample:
    """Have the person come and go, as it was drawn; return when what happened."""
    full = arrival.arm is Arm.FULL
    contest.is_full() if full else contest.is_free()
    intended = time.monotonic() + arrival.delay
    at = datetime.now(UTC) + timedelta(seconds=arrival.delay)
    noise = Noise()
    visit = contest.visit(left=contest.places - 1 if full else 0, at=intended)
    heard = noise.measured()
    stopped = time.monotonic()
    contest.person.stop()
    return Sample(
        round=arrival.round,
        pair=arrival.pair,
        arm=arrival.arm,
        at=at.isoformat(timespec="milliseconds"),
        moments=visit.since(intended),
        gave_way=visit.lost.told(),
        returned=returned(contest, visit.lost, stopped),
        noise=heard,
        fault=visit.lost.fault(contest.due() if full else Losses().told()),
    )


def returned(contest: Contest, lost: Losses, stopped: float) -> Return | None:
    """Wait until the job that gave way, if one did, is back and finishes."""
    if not lost.suspended and not lost.batch:
        return None
    back = contest.comes_back(contest.job_of(lost), stopped)
    return Return(requeued=back, finished=time.monotonic() - stopped)
