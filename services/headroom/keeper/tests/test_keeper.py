from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from services.headroom.keeper.headroom.__main__ import wanted_of
from services.headroom.keeper.headroom.keeper import Keeper
from services.headroom.keeper.headroom.plan import MODEL, TEMPLATE
from services.headroom.keeper.headroom.pod_api import RefusedError

if TYPE_CHECKING:
    from services.headroom.keeper.headroom.plan import Pod

POD: Pod = {"metadata": {"labels": {"app": "headroom"}}, "spec": {"priorityClassName": "headroom"}}
WANTED = wanted_of("t4", {"count": 1, "pod": POD})


@dataclass
class PodsInMemory:
    """Pods by namespace; only the keeper and the tests change them."""

    by_namespace: dict[str, list[Pod]] = field(
        default_factory=lambda: {"headroom": [], "sessions": []}
    )
    namespaces_read: list[str] = field(default_factory=list)
    created: int = 0

    def read(self, namespace: str, selector: str = "") -> list[Pod]:
        """Return the pods with the label."""
        self.namespaces_read.append(namespace)
        pods = self.by_namespace[namespace]
        return [p for p in pods if not selector or selector in p["metadata"]["labels"]]

    def create(self, namespace: str, pod: Pod) -> None:
        """Create it, with a name and a uid as the API server gives them."""
        self.created += 1
        name = f"{pod['metadata']['generateName']}{self.created}"
        given = {"name": name, "uid": f"uid of {name}"}
        created = {**pod, "metadata": {**pod["metadata"], **given}, "spec": dict(pod["spec"])}
        self.by_namespace[namespace].append(created)

    def delete(self, namespace: str, name: str) -> None:
        """Delete it at once."""
        pods = self.by_namespace[namespace]
        self.by_namespace[namespace] = [pod for pod in pods if pod["metadata"]["name"] != name]

    def names(self) -> list[str]:
        """Return the names of the placeholders."""
        return [pod["metadata"]["name"] for pod in self.by_namespace["headroom"]]

    def session(self, name: str, **labels: str) -> Pod:
        """Add a session without a node."""
        pod: Pod = {"metadata": {"name": name, "uid": name, "labels": labels}, "spec": {}}
        self.by_namespace["sessions"].append(pod)
        return pod

    def bind(self) -> None:
        """Bind every placeholder to a node."""
        for pod in self.by_namespace["headroom"]:
            pod["spec"]["nodeName"] = "gpu-0"


@pytest.fixture
def pods() -> PodsInMemory:
    return PodsInMemory()


def keeper(pods: PodsInMemory, **counts: int) -> Keeper:
    wanted = [wanted_of(model, {"count": n, "pod": POD}) for model, n in counts.items()]
    return Keeper(pods, "headroom", "sessions", wanted)


def test_a_missing_placeholder_is_created_from_the_settings(pods: PodsInMemory) -> None:
    keeper(pods, t4=2).step(0)
    one, _ = pods.by_namespace["headroom"]
    assert one["spec"]["priorityClassName"] == "headroom"
    assert one["metadata"]["labels"] == {"app": "headroom", MODEL: "t4", TEMPLATE: WANTED.template}


def test_nothing_is_done_while_nothing_is_missing(pods: PodsInMemory) -> None:
    loop = keeper(pods, t4=2)
    loop.step(0)
    before = pods.names()
    loop.step(1)
    assert pods.names() == before


def test_none_is_created_before_a_waiting_session_is_bound_and_one_right_after(
    pods: PodsInMemory,
) -> None:
    loop = keeper(pods, t4=1)
    session = pods.session("alice", **{MODEL: "t4"})
    loop.step(0)
    assert not pods.names()
    session["spec"]["nodeName"] = "gpu-1"
    loop.step(1)
    assert len(pods.names()) == 1


def test_sessions_are_read_after_the_placeholders_that_they_evict(pods: PodsInMemory) -> None:
    keeper(pods, t4=1).step(0)
    assert pods.namespaces_read == ["headroom", "sessions"]


@pytest.mark.parametrize("labels", [{}, {MODEL: "a100"}])
def test_a_session_with_another_model_or_none_delays_nothing(
    pods: PodsInMemory, labels: dict[str, str]
) -> None:
    pods.session("alice", **labels)
    keeper(pods, t4=1).step(0)
    assert len(pods.names()) == 1


def test_a_session_that_ends_before_it_is_bound_delays_nothing(pods: PodsInMemory) -> None:
    session = pods.session("alice", **{MODEL: "t4"})
    session["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    keeper(pods, t4=1).step(0)
    assert len(pods.names()) == 1


def test_an_unschedulable_session_delays_the_headroom_for_15_s_only(
    pods: PodsInMemory,
) -> None:
    pods.session("alice", **{MODEL: "t4"})
    loop = keeper(pods, t4=1)
    loop.step(0)
    loop.step(14)
    assert not pods.names()
    loop.step(16)
    assert len(pods.names()) == 1


def test_an_unschedulable_placeholder_is_replaced_after_15_s(pods: PodsInMemory) -> None:
    loop = keeper(pods, t4=1)
    loop.step(0)
    (before,) = pods.names()
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    pods.by_namespace["headroom"][0]["status"] = {"phase": "Pending", "conditions": [condition]}
    loop.step(1)
    loop.step(15)
    assert pods.names() == [before]
    loop.step(17)
    assert before not in pods.names()
    assert len(pods.names()) == 1


def test_a_placeholder_that_waits_for_kueue_is_kept(pods: PodsInMemory) -> None:
    loop = keeper(pods, t4=1)
    loop.step(0)
    before = pods.names()
    condition = {"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}
    pods.by_namespace["headroom"][0]["status"] = {"phase": "Pending", "conditions": [condition]}
    loop.step(1)
    loop.step(1000)
    assert pods.names() == before


@pytest.mark.parametrize("phase", ["Failed", "Succeeded"])
def test_a_placeholder_that_ended_is_replaced(pods: PodsInMemory, phase: str) -> None:
    loop = keeper(pods, t4=1)
    loop.step(0)
    (before,) = pods.names()
    pods.by_namespace["headroom"][0]["status"] = {"phase": phase}
    loop.step(1)
    assert before not in pods.names()
    assert len(pods.names()) == 1


def test_a_placeholder_that_is_being_deleted_does_not_count(pods: PodsInMemory) -> None:
    loop = keeper(pods, t4=1)
    loop.step(0)
    pods.by_namespace["headroom"][0]["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    loop.step(1)
    assert len(pods.names()) == 2


def test_surplus_placeholders_without_a_node_are_deleted_first(pods: PodsInMemory) -> None:
    keeper(pods, t4=1).step(0)
    bound = pods.names()
    pods.bind()
    keeper(pods, t4=3).step(1)
    keeper(pods, t4=1).step(2)
    assert pods.names() == bound


def test_a_model_that_left_the_settings_loses_its_placeholders(pods: PodsInMemory) -> None:
    keeper(pods, t4=1).step(0)
    keeper(pods, a100=1).step(1)
    assert [name.partition("-")[0] for name in pods.names()] == ["a100"]


def test_a_refusal_for_one_model_does_not_affect_another(pods: PodsInMemory) -> None:
    create = pods.create

    def refuses(namespace: str, pod: Pod) -> None:
        if pod["metadata"]["labels"][MODEL] == "a100":
            raise RefusedError("403: no a100 for you")
        create(namespace, pod)

    pods.create = refuses  # type: ignore[method-assign]
    keeper(pods, a100=1, t4=1).step(0)
    assert [name.partition("-")[0] for name in pods.names()] == ["t4"]


def test_the_keeper_tries_again_after_the_api_server_was_away(pods: PodsInMemory) -> None:
    class StopError(Exception):
        """Ends the loop of the keeper."""

    class Periods:
        left = 2

        def clear(self) -> None:
            pass

        def wait(self, _: float) -> None:
            self.left -= 1
            if not self.left:
                raise StopError

    read = pods.read

    def away(namespace: str, selector: str = "") -> list[Pod]:
        pods.read = read  # type: ignore[method-assign]
        raise RefusedError(f"no response about {namespace} {selector}")

    pods.read = away  # type: ignore[method-assign]
    with pytest.raises(StopError):
        keeper(pods, t4=1).run(Periods())  # type: ignore[arg-type]
    assert len(pods.names()) == 1


def test_pods_without_the_keepers_label_are_kept(pods: PodsInMemory) -> None:
    other: Pod = {"metadata": {"name": "t4-x", "uid": "x", "labels": {"model": "t4"}}, "spec": {}}
    pods.by_namespace["headroom"].append(other)
    loop = keeper(pods, t4=1)
    loop.step(0)
    loop.step(1)
    assert other in pods.by_namespace["headroom"]
    assert len(pods.names()) == 2


def test_a_placeholder_of_an_older_template_is_replaced(pods: PodsInMemory) -> None:
    keeper(pods, t4=1).step(0)
    (before,) = pods.names()
    other: dict[str, Any] = {"count": 1, "pod": {**POD, "spec": {"priorityClassName": "other"}}}
    Keeper(pods, "headroom", "sessions", [wanted_of("t4", other)]).step(1)
    assert before not in pods.names()
    assert len(pods.names()) == 1
