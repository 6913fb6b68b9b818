from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from conformance.kit.site.api import KubeApi, RefusedError
from conformance.kit.site.kinds import NODE, POD
from conformance.kit.site.observer import Observer
from conformance.kit.verdicts import Broken

if TYPE_CHECKING:
    from conformance.kit.tests.conftest import ApiServer


def pod(name: str, version: int, phase: str = "Pending") -> dict[str, Any]:
    metadata = {"name": name, "namespace": "a", "resourceVersion": str(version)}
    return {"metadata": metadata, "spec": {}, "status": {"phase": phase}}


def phase(observer: Observer, name: str) -> str:
    found = observer.one(POD, f"a/{name}")
    return str(found["status"]["phase"]) if found else ""


def test_a_wait_ends_when_the_change_is_received(server: ApiServer) -> None:
    server.items["pods"] = [pod("p", 1)]
    with Observer(KubeApi(server.kubeconfig), [POD]) as observer:
        mark, before = observer.mark(), time.monotonic()
        server.change("MODIFIED", pod("p", 2, "Running"))
        at = observer.wait_until(lambda: phase(observer, "p") == "Running", "it to run", 20)
        (event,) = observer.since(mark)
        assert before < event.at <= at
        assert (event.type, event.key) == ("MODIFIED", "a/p")
        assert event.before
        assert event.before["status"]["phase"] == "Pending"
        server.change("DELETED", pod("p", 3))
        observer.wait_until(lambda: not observer.all(POD), "it to be gone", 20)
        assert observer.gaps == 0


def test_a_wait_that_times_out_says_what_it_waited_for(server: ApiServer) -> None:
    server.items["pods"] = []
    with Observer(KubeApi(server.kubeconfig), [POD]) as observer:
        with pytest.raises(AssertionError, match=r"waited 0 s in vain for a pod"):
            observer.wait_until(lambda: observer.all(POD), "a pod", 0.1)
        observer.holds_for(lambda: not observer.all(POD), "there is none", 0.1)
        with pytest.raises(AssertionError, match="did not last that there is one"):
            observer.holds_for(lambda: observer.all(POD), "there is one", 0.1)


def test_a_closed_watch_continues_at_the_last_resource_version(server: ApiServer) -> None:
    server.items["pods"] = []
    with Observer(KubeApi(server.kubeconfig), [POD]) as observer:
        server.change("ADDED", pod("p", 7))
        observer.wait_until(lambda: observer.all(POD), "a pod", 20)
        server.close_watch()
        server.change("MODIFIED", pod("p", 8, "Running"))
        observer.wait_until(lambda: phase(observer, "p") == "Running", "it to run", 20)
        assert observer.gaps == 0
        assert any("resourceVersion=7" in line for line in server.requests)


def test_changes_that_may_have_been_missed_count_as_a_gap(server: ApiServer) -> None:
    server.items["pods"] = []
    with Observer(KubeApi(server.kubeconfig), [POD]) as observer:
        server.items["pods"] = [pod("p", 9)]
        server.change("ERROR", {"code": 410, "message": "too old"})
        observer.wait_until(lambda: observer.all(POD), "a pod", 20)
        assert observer.gaps == 1


def test_a_kind_that_cannot_be_watched_is_broken_and_not_failed(server: ApiServer) -> None:
    with (
        pytest.raises(Broken, match="there are no pods"),
        Observer(KubeApi(server.kubeconfig), [POD]),
    ):
        pass


def test_requests_carry_the_token_and_refusals_are_raised(server: ApiServer) -> None:
    api = KubeApi(server.kubeconfig)
    assert api.version() == "v1.36.4"
    assert server.requests == ["/version Bearer t0ken"]
    with pytest.raises(RefusedError, match="404: there are no nodes"):
        api.all(NODE)
    api.delete(POD, "p", "a")


def test_an_api_server_that_is_down_is_broken(server: ApiServer) -> None:
    kubeconfig = server.kubeconfig
    kubeconfig["clusters"][0]["cluster"]["server"] = "http://127.0.0.1:9"
    with pytest.raises(Broken, match=r"at http://127\.0\.0\.1:9 does not answer"):
        KubeApi(kubeconfig).version()
