"""FLT-03: sessions start while Kueue is away."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from conformance.kit.contest.contest import Contest
from conformance.kit.contest.evictions import losses
from conformance.kit.requirements import MUST, Rounds, requirement
from conformance.kit.site.faults import without
from conformance.kit.verdicts import Broken

if TYPE_CHECKING:
    import random

    from conformance.kit.contest.evictions import Spaces
    from conformance.kit.people.accounts import Crowd
    from conformance.kit.record import Record
    from conformance.kit.site.api import Cluster, Document
    from conformance.kit.site.observer import Observer
    from conformance.kit.site.site_under_test import View

MANAGER = "kueue-controller-manager"
WHOLE_S = 120
"""In which headroom is whole again after Kueue is back: its owner may ask ever more seldom."""


@requirement(
    "FLT-03",
    MUST,
    "22f40ee8-2088-4db3-b991-df0ca9a45e02",
    "With Kueue away and its webhooks left, a session starts on the full cluster as ever, what "
    "runs goes on, and after its return everything is as before.",
    needs=("accelerators", "identity", "ingress", "notebooks", "queueing"),
    rounds=Rounds(brief=1, full=30),
)
def test_a_session_starts_on_a_full_cluster_while_kueue_is_away(
    crowd: Crowd,
    view: View,
    observer: Observer,
    spaces: Spaces,
    cluster: Cluster,
    record: Record,
    rounds: int,
    lots: random.Random,
) -> None:
    record.only(
        "a session starts on the full cluster, running jobs go on, and headroom and batch come "
        "back; no new job was tried meanwhile, and the time of the backlog is not judged"
    )
    contest = Contest.prepared(view, observer, spaces, crowd, lots)
    with contest.batch:
        contest.begins()
        for _ in range(rounds):
            contest.is_full()
            with without(observer, manager(cluster)):
                seen = come(contest, view)
            stopped = time.monotonic()
            contest.person.stop()
            whole = observer.becomes(
                lambda: contest.stands(contest.places), "all to be as before", WHOLE_S
            )
            record.sample(**seen, whole_again=whole - stopped)
            contest.keeps()
            record.rounds += 1


def come(contest: Contest, view: View) -> dict[str, Any]:
    """Have a person come while Kueue is away; return what happened."""
    assert view.site.notebooks
    person, observer = contest.person, contest.observer
    choice = contest.crowd.choice(person, contest.batch.model)
    running, mark = contest.batch.running_jobs(), observer.mark()
    start = person.start(choice, view.site.notebooks.patience)
    assert person.kernel().run("print(6 * 7)") == "42\n"
    lost = losses(observer.since(mark), contest.spaces)
    assert not lost.sessions, f"sessions had to end: {lost.sessions}"
    assert len(lost.placeholders) + len(lost.batch) == 1, f"what gave way is {lost.told()}"
    assert len(running - contest.batch.running_jobs()) == len(lost.batch), "running jobs ended"
    contest.keeps()
    return {"ready": start.ready - start.asked, **lost.told()}


def manager(cluster: Cluster) -> Document:
    """Kueue's deployment."""
    found = [one for one in cluster.all("Deployment") if one["metadata"]["name"] == MANAGER]
    if not found:
        raise Broken(f"no deployment is called {MANAGER}")
    return found[0]
