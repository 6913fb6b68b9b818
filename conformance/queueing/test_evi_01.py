"""EVI-01: on a cluster full of batch a session starts, and one thing gives way for it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from conformance.kit.contest.contest import Contest
from conformance.kit.requirements import MUST, Rounds, requirement

if TYPE_CHECKING:
    import random

    from conformance.kit.contest.evictions import Spaces
    from conformance.kit.people.accounts import Crowd
    from conformance.kit.record import Record
    from conformance.kit.site.observer import Observer
    from conformance.kit.site.site_under_test import View


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
    contest = Contest.prepared(view, observer, spaces, crowd, lots)
    with contest.batch:
        contest.begins()
        for _ in range(rounds):
            lots_wait(observer, lots)
            contest.is_full()
            record.sample(**come_and_go(contest))
            contest.keeps()
            record.rounds += 1


def lots_wait(observer: Observer, lots: random.Random) -> None:
    """Let a moment pass, so that a session comes at no certain time."""
    observer.stays(lambda: True, "time passes", lots.uniform(0, 2))


def come_and_go(contest: Contest) -> dict[str, Any]:
    """Have a person come and go; return when what happened, in seconds from their request."""
    visit = contest.visit(left=contest.places - 1)
    fault = visit.lost.fault(contest.due())
    assert not fault, fault
    stopped = time.monotonic()
    contest.person.stop()
    back = contest.comes_back(contest.job_of(visit.lost), stopped)
    happened = visit.since(visit.moments["asked"])
    del happened["asked"]
    return happened | {"job_back": back} | visit.lost.told()
