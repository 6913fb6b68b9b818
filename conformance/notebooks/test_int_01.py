"""INT-01: from a login to a kernel's reply and back, for each kind of session."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from conformance.kit.requirements import MUST, Rounds, requirement
from conformance.kit.site.observer import key
from conformance.kit.site.pods import stamps

if TYPE_CHECKING:
    from conformance.kit.contest.evictions import Spaces
    from conformance.kit.people.accounts import Crowd
    from conformance.kit.people.person import Person, Profile
    from conformance.kit.record import Record
    from conformance.kit.site.observer import Observer
    from conformance.kit.site.site_under_test import View


@requirement(
    "INT-01",
    MUST,
    "cc80ee56-76d2-4d6d-8acc-8621348e7bd6",
    "A person logs in, starts a session of each kind, has a kernel reply, and stops it.",
    needs=("notebooks", "identity", "ingress"),
    rounds=Rounds(brief=3, full=20),
)
def test_a_person_logs_in_starts_runs_a_cell_and_stops(
    crowd: Crowd, view: View, observer: Observer, spaces: Spaces, record: Record, rounds: int
) -> None:
    for _ in range(rounds):
        begun = time.monotonic()
        (person,) = crowd.members(1)
        login = time.monotonic() - begun
        for profile in person.profiles():
            assert view.site.notebooks
            figures = use(person, profile, observer, spaces, view.site.notebooks.patience)
            record.sample(profile=profile.value, login=login, **figures)
        record.rounds += 1


def use(
    person: Person, profile: Profile, observer: Observer, spaces: Spaces, within: float
) -> dict[str, float]:
    """Start a session, run a cell, stop; return seconds from the request to each."""
    mark = observer.mark()
    start = person.start(profile, within)
    pod = spaces.session(observer, person)
    assert person.kernel().run("print(6 * 7)") == "42\n"
    replied = time.monotonic()
    person.stop()
    gone = observer.becomes(
        lambda: observer.one("Pod", key(pod)) is None, "the session's pod to be gone", 60
    )
    seen = stamps(observer.since(mark), key(pod))
    return {
        "bound": seen["bound"] - start.asked,
        "running": seen["running"] - start.asked,
        "ready": start.ready - start.asked,
        "reply": replied - start.asked,
        "stopped": gone - replied,
    }
