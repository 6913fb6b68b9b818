"""INT-09: sessions survive when the pod of the hub is deleted and replaced."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from conformance.kit.contest.evictions import evictions_in
from conformance.kit.requirements import LANES, MUST, Rounds, requirement
from conformance.kit.site.kinds import POD
from conformance.kit.site.namespaces import Namespaces, first_of
from conformance.kit.site.observer import key
from conformance.kit.site.pods import is_ending, is_ready
from conformance.kit.verdicts import Broken
from infra import names

if TYPE_CHECKING:
    from conformance.kit.people.accounts import Accounts
    from conformance.kit.people.kernel import Kernel
    from conformance.kit.people.person import Person
    from conformance.kit.people.sessions import Sessions
    from conformance.kit.record import Record
    from conformance.kit.site.kinds import Document
    from conformance.kit.site.observer import Observer

LABELS = ("app", "component", "app.kubernetes.io/component")
"""Labels that mark the pod of a hub: on our site, and on sites with upstream's chart."""
AWAY_S = 30
BACK_S = 120
KEPT = "42\n"


@requirement(
    "INT-09",
    MUST,
    "5a4bef7e-f354-4d51-bb81-781e26e8983a",
    "When the hub ends and comes back, each session keeps its pod and its kernel.",
    needs=("identity", "ingress", "notebooks"),
    rounds=Rounds(brief=2, full=20),
    part_on=LANES,
)
def test_sessions_survive_while_the_hub_is_down_and_after_it_is_back(
    accounts: Accounts, sessions: Sessions, record: Record, rounds: int
) -> None:
    record.limit("the hub's pod is deleted with one second of grace, between session starts only")
    observer = sessions.observer
    person, other = accounts.members(2)
    pod = sessions.start(person, accounts.plain_profile(person))
    kernel = person.kernel()
    kernel.run("kept = 6 * 7")
    mark = observer.mark()
    for _ in range(rounds):
        record.sample(**delete_hub(person, kernel, observer))
        record.rounds += 1
    evicted = evictions_in(observer.since(mark), sessions.namespaces).sessions
    assert not evicted, f"sessions had to end: {evicted}"
    now = sessions.pod(person)
    assert now["metadata"]["uid"] == pod["metadata"]["uid"], f"{person} has another pod"
    assert not restarts(now), f"a container of {person}'s session restarted"
    other.start(accounts.plain_profile(other), sessions.patience)
    assert other.kernel().run("print(6 * 7)") == KEPT, "the hub that is back starts no session"


def delete_hub(person: Person, kernel: Kernel, observer: Observer) -> dict[str, float]:
    """Delete the hub's pod; return when a kernel replied, and when the hub was back."""
    before = ready_hub(observer)
    begun = time.monotonic()
    metadata = before["metadata"]
    observer.api.delete(POD, metadata["name"], metadata["namespace"], grace=1)
    observer.wait_until(
        lambda: observer.one(POD, key(before)) is None, "the hub's pod to be gone", AWAY_S
    )
    assert kernel.run("print(kept)") == KEPT, "the session has another kernel"
    replied = time.monotonic()
    back = observer.wait_until(
        lambda: any(
            is_ready(pod) for pod in hubs(observer) if pod["metadata"]["uid"] != metadata["uid"]
        ),
        "another pod of the hub to be ready",
        BACK_S,
    )
    knows = observer.wait_until(lambda: has_session(person), "the hub to know the session", BACK_S)
    assert kernel.run("print(kept)") == KEPT, "the session has another kernel"
    return {"reply_meanwhile": replied - begun, "ready": back - begun, "knows": knows - begun}


def hubs(observer: Observer) -> list[Document]:
    """Return the pods of the hub that are not terminating.

    Raises:
        Inconclusive: No namespace has the label of the platform.
    """
    platform = Namespaces.of(observer.api).platform
    first_of(platform, "the platform", f"{names.PRIORITY}=platform")
    return [
        pod
        for pod in observer.all(POD)
        if pod["metadata"]["namespace"] in platform
        and "hub" in {pod["metadata"].get("labels", {}).get(label) for label in LABELS}
        and not is_ending(pod)
    ]


def ready_hub(observer: Observer) -> Document:
    """Return the ready pod of the hub.

    Raises:
        Broken: There is none.
    """
    found = [pod for pod in hubs(observer) if is_ready(pod)]
    if not found:
        raise Broken("no pod of the platform is a hub that is ready")
    return found[0]


def has_session(person: Person) -> bool:
    """Tell whether the hub reports a person's session as ready."""
    response = person.get("/hub/api/user")
    servers = response.json().get("servers", {}) if response.is_success else {}
    return bool(servers.get("", {}).get("ready"))


def restarts(pod: Document) -> int:
    """Return how often containers of a pod restarted."""
    return sum(one["restartCount"] for one in pod["status"]["containerStatuses"])
