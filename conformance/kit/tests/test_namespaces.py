from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conformance.kit.contest.queues import BatchQueue, find_queue
from conformance.kit.site.api import KubeApi
from conformance.kit.site.kinds import POD
from conformance.kit.site.namespaces import Namespaces, first_of
from conformance.kit.site.observer import Observer
from conformance.kit.verdicts import Inconclusive

if TYPE_CHECKING:
    from .conftest import ApiServer

LABELS = "foreground.internal"


def namespace(name: str, **labels: str) -> dict[str, Any]:
    prefixed = {f"{LABELS}/{label}": value for label, value in labels.items()}
    return {"metadata": {"name": name, "labels": prefixed}}


def session(name: str, owner: str, **metadata: str) -> dict[str, Any]:
    annotations = {"hub.jupyter.org/username": owner}
    content = {"name": name, "namespace": "people", "annotations": annotations, **metadata}
    return {"metadata": content, "spec": {"containers": []}}


def test_namespaces_are_found_by_their_labels(server: ApiServer) -> None:
    server.items["namespaces"] = [
        namespace("hub", priority="platform"),
        namespace("people", priority="interactive"),
        namespace("warm", priority="headroom", queued="true"),
        namespace("jobs", batch="true", queued="true"),
        {"metadata": {"name": "default"}},
    ]
    found = Namespaces.of(KubeApi(server.kubeconfig))
    assert found == Namespaces(
        sessions=frozenset({"people"}),
        headroom=frozenset({"warm"}),
        batch=frozenset({"jobs"}),
        platform=frozenset({"hub"}),
    )


def test_a_purpose_without_a_namespace_is_inconclusive_and_names_the_label() -> None:
    assert first_of(frozenset({"b", "a"}), "batch", "x=y") == "a"
    with pytest.raises(Inconclusive, match=r"no namespace has the label x=y, by which .* batch"):
        first_of(frozenset(), "batch", "x=y")


def test_the_pod_of_a_session_is_that_of_its_owner_and_not_terminating(server: ApiServer) -> None:
    server.items["pods"] = [
        session("a-old", "ada", deletionTimestamp="now"),
        session("g", "grace"),
        session("a", "ada"),
    ]
    sites = Namespaces(frozenset({"people"}), frozenset(), frozenset())
    elsewhere = Namespaces(frozenset({"other"}), frozenset(), frozenset())
    unlabelled = Namespaces(frozenset(), frozenset(), frozenset())
    with Observer(KubeApi(server.kubeconfig), [POD]) as observer:
        assert sites.session_pod(observer, "ada")["metadata"]["name"] == "a"
        with pytest.raises(AssertionError, match="a pod of ada's session"):
            elsewhere.session_pod(observer, "ada")
        with pytest.raises(Inconclusive, match="finds sessions"):
            unlabelled.session_pod(observer, "ada")


def test_the_queue_of_batch_is_in_a_namespace_of_batch(server: ApiServer) -> None:
    api = KubeApi(server.kubeconfig)
    server.items["namespaces"] = [namespace("jobs", batch="true")]
    server.items["localqueues"] = []
    with pytest.raises(Inconclusive, match=r"foreground\.internal/batch=true.* has a LocalQueue"):
        find_queue(api)
    server.items["localqueues"] = [{"metadata": {"name": "batch", "namespace": "jobs"}}]
    assert find_queue(api) == BatchQueue("jobs", "batch")
