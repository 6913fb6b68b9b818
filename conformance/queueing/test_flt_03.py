"""FLT-03: a session starts while Kueue's Deployment is at zero, and batch recovers afterwards."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from conformance.kit.contest.contest import Contest
from conformance.kit.contest.evictions import evictions_in
from conformance.kit.requirements import LANES, MUST, Rounds, requirement
from conformance.kit.site.faults import scaled_to_zero
from conformance.kit.site.kinds import DEPLOYMENT
from conformance.kit.verdicts import Broken

if TYPE_CHECKING:
    import random

    from conformance.kit.people.accounts import Accounts
    from conformance.kit.people.sessions import Sessions
    from conformance.kit.record import Record
    from conformance.kit.site.api import KubeApi
    from conformance.kit.site.kinds import Document
    from conformance.kit.site.site_under_test import SiteUnderTest

MANAGER = "kueue-controller-manager"
HEADROOM_S = 120
"""Seconds in which headroom must be complete after Kueue is back; its ReplicaSet backs off."""


@requirement(
    "FLT-03",
    MUST,
    "22f40ee8-2088-4db3-b991-df0ca9a45e02",
    "While Kueue is down and its webhooks are registered, a session starts on a site full of "
    "batch and running jobs go on; when Kueue is back, headroom and batch recover.",
    needs=("accelerators", "identity", "ingress", "notebooks", "queueing"),
    rounds=Rounds(brief=1, full=30),
    part_on=LANES,
)
def test_a_session_starts_on_a_full_site_while_kueue_is_down(
    accounts: Accounts,
    site: SiteUnderTest,
    sessions: Sessions,
    api: KubeApi,
    record: Record,
    rounds: int,
    rng: random.Random,
) -> None:
    record.limit(
        "a session starts on the full cluster, running jobs go on, and headroom and batch "
        "recover; no new job was submitted meanwhile, and the time of the backlog is not judged"
    )
    contest = Contest.prepared(site, sessions, accounts, rng)
    observer = contest.observer
    with contest.batch:
        contest.start_full()
        for _ in range(rounds):
            contest.fill()
            with scaled_to_zero(observer, manager(api)):
                seen = start_session(contest)
            stopped = time.monotonic()
            contest.newcomer.stop()
            complete = observer.wait_until(
                lambda: contest.is_settled(contest.capacity),
                "headroom and batch to recover",
                HEADROOM_S,
            )
            record.sample(**seen, whole_again=complete - stopped)
            contest.check_incumbent()
            record.rounds += 1


def start_session(contest: Contest) -> dict[str, Any]:
    """Start a session while Kueue is down; return its figures and what was evicted."""
    newcomer, observer, sessions = contest.newcomer, contest.observer, contest.sessions
    profile = contest.accounts.profile(newcomer, contest.batch.model)
    running, mark = contest.batch.running_jobs(), observer.mark()
    start = newcomer.start(profile, sessions.patience)
    assert newcomer.kernel().run("print(6 * 7)") == "42\n"
    evicted = evictions_in(observer.since(mark), sessions.namespaces)
    assert not evicted.sessions, f"sessions had to end: {evicted.sessions}"
    assert len(evicted.placeholders) + len(evicted.batch) == 1, (
        f"evictions are {evicted.counts()}, and one is expected"
    )
    ended = running - contest.batch.running_jobs()
    assert len(ended) == len(evicted.batch), "running jobs ended"
    contest.check_incumbent()
    return {"ready": start.ready - start.asked, **evicted.counts()}


def manager(api: KubeApi) -> Document:
    """Return the Deployment of Kueue.

    Raises:
        Broken: There is none of its name.
    """
    found = [one for one in api.all(DEPLOYMENT) if one["metadata"]["name"] == MANAGER]
    if not found:
        raise Broken(f"no deployment is called {MANAGER}")
    return found[0]
