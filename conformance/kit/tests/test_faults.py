from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conformance.kit.site.api import KubeApi
from conformance.kit.site.faults import cordoned, scaled_to_zero
from conformance.kit.site.kinds import POD
from conformance.kit.site.observer import Observer
from conformance.kit.verdicts import Broken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import ApiServer

KUEUE: dict[str, Any] = {
    "metadata": {"name": "kueue", "namespace": "queues"},
    "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "kueue"}}},
}


class Interrupted(Exception):  # noqa: N818 - not an error of ours
    """Stands for anything that ends a test."""


def node(name: str, **spec: object) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": spec}


def pod(name: str, *, ready: bool) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": str(ready)}]
    metadata = {"name": name, "namespace": "queues", "labels": {"app": "kueue"}}
    return {
        "metadata": metadata | {"resourceVersion": "2"},
        "status": {"conditions": conditions},
    }


@pytest.fixture
def observer(server: ApiServer) -> Iterator[Observer]:
    server.items["pods"] = []
    with Observer(KubeApi(server.kubeconfig), [POD]) as observer:
        yield observer


def test_a_node_is_uncordoned_even_if_the_test_fails(server: ApiServer) -> None:
    server.items["nodes"] = [node("a"), node("b")]
    with pytest.raises(Interrupted), cordoned(KubeApi(server.kubeconfig), "a"):
        raise Interrupted
    assert [body["spec"]["unschedulable"] for _, body in server.patched] == [True, None]


@pytest.mark.parametrize(
    ("nodes", "why"),
    [
        pytest.param([node("a", unschedulable=True), node("b")], "already", id="an operator's"),
        pytest.param(
            [node("a"), node("b", unschedulable=True)], "no other node", id="the only one"
        ),
    ],
)
def test_a_node_that_must_not_be_cordoned_is_not_patched(
    server: ApiServer, nodes: list[dict[str, Any]], why: str
) -> None:
    server.items["nodes"] = nodes
    with pytest.raises(Broken, match=why), cordoned(KubeApi(server.kubeconfig), "a"):
        raise Interrupted
    assert server.patched == []


def test_a_deployment_is_scaled_back_even_if_the_test_fails(
    server: ApiServer, observer: Observer
) -> None:
    with pytest.raises(Interrupted), scaled_to_zero(observer, KUEUE):  # noqa: PT012 - both belong to it
        for name in ("one", "two"):
            server.change("ADDED", pod(name, ready=True))
        raise Interrupted
    assert [body["spec"]["replicas"] for _, body in server.patched] == [0, 2]


def test_a_deployment_that_does_not_become_ready_again_is_an_error(
    server: ApiServer, observer: Observer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conformance.kit.site.faults._BACK_S", 0.1)
    with (
        pytest.raises(AssertionError, match="kueue to be ready again"),
        scaled_to_zero(observer, KUEUE),
    ):
        server.change("ADDED", pod("one", ready=False))
