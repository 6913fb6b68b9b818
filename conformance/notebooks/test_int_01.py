"""INT-01: login, session start, a reply of its kernel, and stop, for each session profile."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from conformance.kit.requirements import MUST, Rounds, requirement
from conformance.kit.site.kinds import POD
from conformance.kit.site.observer import key
from conformance.kit.site.pods import first_seen

if TYPE_CHECKING:
    from conformance.kit.people.accounts import Accounts
    from conformance.kit.people.person import Person, Profile
    from conformance.kit.people.sessions import Sessions
    from conformance.kit.record import Record


@requirement(
    "INT-01",
    MUST,
    "cc80ee56-76d2-4d6d-8acc-8621348e7bd6",
    "A person logs in, starts a session of each kind, gets a reply from its kernel, and stops it.",
    needs=("notebooks", "identity", "ingress"),
    rounds=Rounds(brief=3, full=20),
)
def test_a_person_logs_in_starts_a_session_runs_a_cell_and_stops(
    accounts: Accounts, sessions: Sessions, record: Record, rounds: int
) -> None:
    for _ in range(rounds):
        begun = time.monotonic()
        (person,) = accounts.members(1)
        login = time.monotonic() - begun
        for profile in person.profiles():
            figures = use_session(person, profile, sessions)
            record.sample(profile=profile.value, login=login, **figures)
        record.rounds += 1


def use_session(person: Person, profile: Profile, sessions: Sessions) -> dict[str, float]:
    """Start a session, run a cell, stop; return when each step happened, in seconds."""
    observer = sessions.observer
    mark = observer.mark()
    start = person.start(profile, sessions.patience)
    pod = sessions.pod(person)
    assert person.kernel().run("print(6 * 7)") == "42\n"
    replied = time.monotonic()
    person.stop()
    gone = observer.wait_until(
        lambda: observer.one(POD, key(pod)) is None, "the session's pod to be gone", 60
    )
    seen = first_seen(observer.since(mark), key(pod))
    return {
        "bound": seen["bound"] - start.asked,
        "running": seen["running"] - start.asked,
        "ready": start.ready - start.asked,
        "reply": replied - start.asked,
        "stopped": gone - replied,
    }
