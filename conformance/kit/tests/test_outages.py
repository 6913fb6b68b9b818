from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conformance.kit.site.api import Cluster
from conformance.kit.site.faults import cordoned, without
from conformance.kit.site.observer import Observer
from conformance.kit.verdicts import Broken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Api

KUEUE: dict[str, Any] = {
    "metadata": {"name": "kueue", "namespace": "queues"},
    "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "kueue"}}},
}


class Interrupted(Exception):  # noqa: N818 - not an error of ours
    """Whatever may end a test."""


def node(name: str, **spec: object) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": spec}


def pod(name: str, *, ready: bool) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": str(ready)}]
    about = {"name": name, "namespace": "queues", "labels": {"app": "kueue"}}
    return {
        "metadata": about | {"resourceVersion": "2"},
        "status": {"conditions": conditions},
    }


@pytest.fixture
def observer(api: Api) -> Iterator[Observer]:
    api.items["pods"] = []
    with Observer(Cluster(api.kubeconfig), ["Pod"]) as observer:
        yield observer


def test_a_node_is_open_again_however_a_test_ends(api: Api) -> None:
    api.items["nodes"] = [node("a"), node("b")]
    with pytest.raises(Interrupted), cordoned(Cluster(api.kubeconfig), "a"):
        raise Interrupted
    assert [words["spec"]["unschedulable"] for _, words in api.patched] == [True, None]


@pytest.mark.parametrize(
    ("nodes", "why"),
    [
        pytest.param([node("a", unschedulable=True), node("b")], "already", id="an operator's"),
        pytest.param([node("a"), node("b", unschedulable=True)], "beside", id="the only one"),
    ],
)
def test_a_node_that_must_stay_as_it_is_is_left_alone(
    api: Api, nodes: list[dict[str, Any]], why: str
) -> None:
    api.items["nodes"] = nodes
    with pytest.raises(Broken, match=why), cordoned(Cluster(api.kubeconfig), "a"):
        raise Interrupted
    assert api.patched == []


def test_a_deployment_has_its_pods_again_however_a_test_ends(api: Api, observer: Observer) -> None:
    with pytest.raises(Interrupted), without(observer, KUEUE):  # noqa: PT012 - both belong to it
        for name in ("one", "two"):
            api.change("ADDED", pod(name, ready=True))
        raise Interrupted
    assert [words["spec"]["replicas"] for _, words in api.patched] == [0, 2]


def test_a_deployment_that_does_not_come_back_is_told(
    api: Api, observer: Observer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conformance.kit.site.faults._BACK_S", 0.1)
    with pytest.raises(AssertionError, match="kueue to be ready again"), without(observer, KUEUE):
        api.change("ADDED", pod("one", ready=False))
