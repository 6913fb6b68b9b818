from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from services.headroom.keeper.headroom.__main__ import wanted_of
from services.headroom.keeper.headroom.cluster import RefusedError
from services.headroom.keeper.headroom.keeper import Keeper
from services.headroom.keeper.headroom.plan import MODEL, TEMPLATE

if TYPE_CHECKING:
    from services.headroom.keeper.headroom.plan import Pod

POD: Pod = {"metadata": {"labels": {"app": "headroom"}}, "spec": {"priorityClassName": "headroom"}}
WANTED = wanted_of("t4", {"count": 1, "pod": POD})


@dataclass
class Cluster:
    """Pods by namespace, in memory, which nobody but a test changes beside the keeper."""

    pods: dict[str, list[Pod]] = field(default_factory=lambda: {"headroom": [], "sessions": []})
    asked: list[str] = field(default_factory=list)
    made: int = 0

    def all(self, namespace: str, selector: str = "") -> list[Pod]:
        """Return those that carry the label."""
        self.asked.append(namespace)
        there = self.pods[namespace]
        return [p for p in there if not selector or selector in p["metadata"]["labels"]]

    def create(self, namespace: str, pod: Pod) -> None:
        """Make it, with a name and an id as the API server gives them."""
        self.made += 1
        name = f"{pod['metadata']['generateName']}{self.made}"
        made = {"name": name, "uid": f"uid of {name}"}
        whole = {**pod, "metadata": {**pod["metadata"], **made}, "spec": dict(pod["spec"])}
        self.pods[namespace].append(whole)

    def delete(self, namespace: str, name: str) -> None:
        """Have it gone at once."""
        there = self.pods[namespace]
        self.pods[namespace] = [pod for pod in there if pod["metadata"]["name"] != name]

    def names(self) -> list[str]:
        """Return the placeholders' names."""
        return [pod["metadata"]["name"] for pod in self.pods["headroom"]]

    def session(self, name: str, **labels: str) -> Pod:
        """Somebody asks for a session."""
        pod: Pod = {"metadata": {"name": name, "uid": name, "labels": labels}, "spec": {}}
        self.pods["sessions"].append(pod)
        return pod

    def bound(self) -> None:
        """Every placeholder has its machine."""
        for pod in self.pods["headroom"]:
            pod["spec"]["nodeName"] = "gpu-0"


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


def keeper(cluster: Cluster, **counts: int) -> Keeper:
    wanted = [wanted_of(model, {"count": n, "pod": POD}) for model, n in counts.items()]
    return Keeper(cluster, "headroom", "sessions", wanted)


def test_a_missing_placeholder_is_made_from_what_the_site_says(cluster: Cluster) -> None:
    keeper(cluster, t4=2).step(0)
    one, _ = cluster.pods["headroom"]
    assert one["spec"]["priorityClassName"] == "headroom"
    assert one["metadata"]["labels"] == {"app": "headroom", MODEL: "t4", TEMPLATE: WANTED.template}


def test_nothing_is_done_where_nothing_is_missing(cluster: Cluster) -> None:
    keep = keeper(cluster, t4=2)
    keep.step(0)
    before = cluster.names()
    keep.step(1)
    assert cluster.names() == before


def test_none_is_made_while_a_session_waits_for_its_place_and_one_at_once_when_it_is_bound(
    cluster: Cluster,
) -> None:
    keep = keeper(cluster, t4=1)
    session = cluster.session("alice", **{MODEL: "t4"})
    keep.step(0)
    assert not cluster.names()
    session["spec"]["nodeName"] = "gpu-1"
    keep.step(1)
    assert len(cluster.names()) == 1


def test_whoever_evicted_a_placeholder_is_seen(cluster: Cluster) -> None:
    keeper(cluster, t4=1).step(0)
    assert cluster.asked == ["headroom", "sessions"]


@pytest.mark.parametrize("labels", [{}, {MODEL: "a100"}])
def test_a_session_that_wants_something_else_holds_nothing_up(
    cluster: Cluster, labels: dict[str, str]
) -> None:
    cluster.session("alice", **labels)
    keeper(cluster, t4=1).step(0)
    assert len(cluster.names()) == 1


def test_a_session_that_ends_before_it_is_bound_holds_nothing_up(cluster: Cluster) -> None:
    session = cluster.session("alice", **{MODEL: "t4"})
    session["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    keeper(cluster, t4=1).step(0)
    assert len(cluster.names()) == 1


def test_a_session_that_cannot_be_placed_at_all_does_not_cost_everybody_the_headroom(
    cluster: Cluster,
) -> None:
    cluster.session("alice", **{MODEL: "t4"})
    keep = keeper(cluster, t4=1)
    keep.step(0)
    keep.step(14)
    assert not cluster.names()
    keep.step(16)
    assert len(cluster.names()) == 1


def test_a_placeholder_whose_place_is_taken_is_made_anew_after_a_while(cluster: Cluster) -> None:
    keep = keeper(cluster, t4=1)
    keep.step(0)
    (before,) = cluster.names()
    said = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    cluster.pods["headroom"][0]["status"] = {"phase": "Pending", "conditions": [said]}
    keep.step(1)
    keep.step(15)
    assert cluster.names() == [before]
    keep.step(17)
    assert before not in cluster.names()
    assert len(cluster.names()) == 1


def test_a_placeholder_that_waits_for_kueue_is_left_alone(cluster: Cluster) -> None:
    keep = keeper(cluster, t4=1)
    keep.step(0)
    before = cluster.names()
    said = {"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}
    cluster.pods["headroom"][0]["status"] = {"phase": "Pending", "conditions": [said]}
    keep.step(1)
    keep.step(1000)
    assert cluster.names() == before


@pytest.mark.parametrize("phase", ["Failed", "Succeeded"])
def test_a_placeholder_that_ended_is_replaced(cluster: Cluster, phase: str) -> None:
    keep = keeper(cluster, t4=1)
    keep.step(0)
    (before,) = cluster.names()
    cluster.pods["headroom"][0]["status"] = {"phase": phase}
    keep.step(1)
    assert before not in cluster.names()
    assert len(cluster.names()) == 1


def test_one_that_is_ending_no_longer_counts(cluster: Cluster) -> None:
    keep = keeper(cluster, t4=1)
    keep.step(0)
    cluster.pods["headroom"][0]["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    keep.step(1)
    assert len(cluster.names()) == 2


def test_of_too_many_those_go_that_do_not_stand_yet(cluster: Cluster) -> None:
    keeper(cluster, t4=1).step(0)
    standing = cluster.names()
    cluster.bound()
    keeper(cluster, t4=3).step(1)
    keeper(cluster, t4=1).step(2)
    assert cluster.names() == standing


def test_a_model_that_is_no_longer_kept_warm_has_none(cluster: Cluster) -> None:
    keeper(cluster, t4=1).step(0)
    keeper(cluster, a100=1).step(1)
    assert [name.partition("-")[0] for name in cluster.names()] == ["a100"]


def test_a_model_that_is_refused_keeps_no_other_from_its_own(cluster: Cluster) -> None:
    create = cluster.create

    def refuses(namespace: str, pod: Pod) -> None:
        if pod["metadata"]["labels"][MODEL] == "a100":
            raise RefusedError("403: no a100 for you")
        create(namespace, pod)

    cluster.create = refuses  # type: ignore[method-assign]
    keeper(cluster, a100=1, t4=1).step(0)
    assert [name.partition("-")[0] for name in cluster.names()] == ["t4"]


def test_an_api_server_that_is_away_is_asked_again(cluster: Cluster) -> None:
    class EnoughError(Exception):
        """The test has seen what it wanted."""

    class Beats:
        left = 2

        def clear(self) -> None:
            pass

        def wait(self, _: float) -> None:
            self.left -= 1
            if not self.left:
                raise EnoughError

    every = cluster.all

    def away(namespace: str, selector: str = "") -> list[Pod]:
        cluster.all = every  # type: ignore[method-assign]
        raise RefusedError(f"no answer about {namespace} {selector}")

    cluster.all = away  # type: ignore[method-assign]
    with pytest.raises(EnoughError):
        keeper(cluster, t4=1).keep(Beats())  # type: ignore[arg-type]
    assert len(cluster.names()) == 1


def test_pods_of_others_are_left_alone(cluster: Cluster) -> None:
    other: Pod = {"metadata": {"name": "t4-x", "uid": "x", "labels": {"model": "t4"}}, "spec": {}}
    cluster.pods["headroom"].append(other)
    keep = keeper(cluster, t4=1)
    keep.step(0)
    keep.step(1)
    assert other in cluster.pods["headroom"]
    assert len(cluster.names()) == 2


def test_what_was_made_from_other_words_is_made_anew(cluster: Cluster) -> None:
    keeper(cluster, t4=1).step(0)
    (before,) = cluster.names()
    other: dict[str, Any] = {"count": 1, "pod": {**POD, "spec": {"priorityClassName": "other"}}}
    Keeper(cluster, "headroom", "sessions", [wanted_of("t4", other)]).step(1)
    assert before not in cluster.names()
    assert len(cluster.names()) == 1
