"""INT-09: whatever becomes of the hub, sessions go on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from conformance.kit.contest.evictions import losses
from conformance.kit.requirements import MUST, Rounds, requirement
from conformance.kit.site.faults import is_ready
from conformance.kit.site.observer import key
from conformance.kit.site.pods import is_ending
from conformance.kit.verdicts import Broken
from infra import names

if TYPE_CHECKING:
    from conformance.kit.contest.evictions import Spaces
    from conformance.kit.people.accounts import Crowd
    from conformance.kit.people.kernel import Kernel
    from conformance.kit.people.person import Person
    from conformance.kit.record import Record
    from conformance.kit.site.api import Cluster, Document
    from conformance.kit.site.observer import Observer
    from conformance.kit.site.site_under_test import View

LABELS = ("app", "component", "app.kubernetes.io/component")
"""By which a hub's pod says that it is one: ours, or another's."""
AWAY_S = 30
BACK_S = 120
KEPT = "42\n"


@requirement(
    "INT-09",
    MUST,
    "5a4bef7e-f354-4d51-bb81-781e26e8983a",
    "A hub that ends and comes back touches no session: the same pod, the same kernel.",
    needs=("identity", "ingress", "notebooks"),
    rounds=Rounds(brief=2, full=20),
)
def test_sessions_go_on_while_the_hub_is_away_and_after_it_is_back(
    crowd: Crowd,
    view: View,
    observer: Observer,
    spaces: Spaces,
    cluster: Cluster,
    record: Record,
    rounds: int,
) -> None:
    record.only("the hub's pod is deleted with one second of grace, between spawns, not during")
    assert view.site.notebooks
    person, other = crowd.members(2)
    person.start(crowd.plain(person), view.site.notebooks.patience)
    pod = spaces.session(observer, person)
    kernel = person.kernel()
    kernel.run("kept = 6 * 7")
    mark = observer.mark()
    for _ in range(rounds):
        record.sample(**ended(person, kernel, observer, cluster))
        record.rounds += 1
    lost = losses(observer.since(mark), spaces).sessions
    assert not lost, f"sessions had to end: {lost}"
    now = spaces.session(observer, person)
    assert now["metadata"]["uid"] == pod["metadata"]["uid"], f"{person} has another pod"
    assert not restarts(now), f"{person}'s session began anew, in the same pod"
    other.start(crowd.plain(other), view.site.notebooks.patience)
    assert other.kernel().run("print(6 * 7)") == KEPT, "the hub that is back starts no session"


def ended(
    person: Person, kernel: Kernel, observer: Observer, cluster: Cluster
) -> dict[str, float]:
    """End the hub; return when the kernel replied meanwhile, and when the hub was back."""
    before = hub(observer)
    begun = time.monotonic()
    about = before["metadata"]
    cluster.delete("Pod", about["name"], about["namespace"], grace=1)
    observer.becomes(lambda: observer.one("Pod", key(before)) is None, "the hub to end", AWAY_S)
    assert kernel.run("print(kept)") == KEPT, "the kernel is another one"
    replied = time.monotonic()
    back = observer.becomes(
        lambda: any(
            is_ready(pod) for pod in hubs(observer) if pod["metadata"]["uid"] != about["uid"]
        ),
        "another hub to be ready",
        BACK_S,
    )
    knows = observer.becomes(lambda: has_session(person), "the hub to know the session", BACK_S)
    assert kernel.run("print(kept)") == KEPT, "the kernel is another one"
    return {"reply_meanwhile": replied - begun, "ready": back - begun, "knows": knows - begun}


def hubs(observer: Observer) -> list[Document]:
    """Pods of hubs that are not about to end."""
    spaces = {
        one["metadata"]["name"]
        for one in observer.cluster.all("Namespace", labelSelector=f"{names.PRIORITY}=platform")
    }
    return [
        pod
        for pod in observer.all("Pod")
        if pod["metadata"]["namespace"] in spaces
        and "hub" in {pod["metadata"].get("labels", {}).get(label) for label in LABELS}
        and not is_ending(pod)
    ]


def hub(observer: Observer) -> Document:
    """The hub's pod."""
    found = [pod for pod in hubs(observer) if is_ready(pod)]
    if not found:
        raise Broken("no pod of the platform is a hub that is ready")
    return found[0]


def has_session(person: Person) -> bool:
    """Tell whether the hub knows of a person's session, as one that is ready."""
    answer = person.get("/hub/api/user")
    servers = answer.json().get("servers", {}) if answer.is_success else {}
    return bool(servers.get("", {}).get("ready"))


def restarts(pod: Document) -> int:
    """How often its containers began anew."""
    return sum(one["restartCount"] for one in pod["status"]["containerStatuses"])
