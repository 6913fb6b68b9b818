from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from conformance.kit.site.api import Cluster, RefusedError
from conformance.kit.site.observer import Observer
from conformance.kit.verdicts import Broken

if TYPE_CHECKING:
    from conformance.kit.tests.conftest import Api


def pod(name: str, version: int, phase: str = "Pending") -> dict[str, Any]:
    about = {"name": name, "namespace": "a", "resourceVersion": str(version)}
    return {"metadata": about, "spec": {}, "status": {"phase": phase}}


def phase(observer: Observer, name: str) -> str:
    found = observer.one("Pod", f"a/{name}")
    return str(found["status"]["phase"]) if found else ""


def test_a_wait_ends_when_a_change_is_seen_and_not_later(api: Api) -> None:
    api.items["pods"] = [pod("p", 1)]
    with Observer(Cluster(api.kubeconfig), ["Pod"]) as observer:
        mark, before = observer.mark(), time.monotonic()
        api.change("MODIFIED", pod("p", 2, "Running"))
        at = observer.becomes(lambda: phase(observer, "p") == "Running", "it to run", 20)
        (event,) = observer.since(mark)
        assert before < event.at <= at
        assert (event.type, event.key) == ("MODIFIED", "a/p")
        assert event.before
        assert event.before["status"]["phase"] == "Pending"
        api.change("DELETED", pod("p", 3))
        observer.becomes(lambda: not observer.all("Pod"), "it to be gone", 20)
        assert observer.gaps == 0


def test_a_wait_in_vain_fails_and_says_what_for(api: Api) -> None:
    api.items["pods"] = []
    with Observer(Cluster(api.kubeconfig), ["Pod"]) as observer:
        with pytest.raises(AssertionError, match=r"waited 0 s in vain for a pod"):
            observer.becomes(lambda: observer.all("Pod"), "a pod", 0.1)
        observer.stays(lambda: not observer.all("Pod"), "there is none", 0.1)
        with pytest.raises(AssertionError, match="did not last that there is one"):
            observer.stays(lambda: observer.all("Pod"), "there is one", 0.1)


def test_a_watch_that_ends_is_taken_up_where_it_was(api: Api) -> None:
    api.items["pods"] = []
    with Observer(Cluster(api.kubeconfig), ["Pod"]) as observer:
        api.change("ADDED", pod("p", 7))
        observer.becomes(lambda: observer.all("Pod"), "a pod", 20)
        api.close_watch()
        api.change("MODIFIED", pod("p", 8, "Running"))
        observer.becomes(lambda: phase(observer, "p") == "Running", "it to run", 20)
        assert observer.gaps == 0
        assert any("resourceVersion=7" in line for line in api.asked)


def test_what_may_have_been_missed_is_a_gap(api: Api) -> None:
    api.items["pods"] = []
    with Observer(Cluster(api.kubeconfig), ["Pod"]) as observer:
        api.items["pods"] = [pod("p", 9)]
        api.change("ERROR", {"code": 410, "message": "too old"})
        observer.becomes(lambda: observer.all("Pod"), "a pod", 20)
        assert observer.gaps == 1


def test_what_cannot_be_watched_is_broken_and_no_fault_of_the_site(api: Api) -> None:
    with (
        pytest.raises(Broken, match="there are no pods"),
        Observer(Cluster(api.kubeconfig), ["Pod"]),
    ):
        pass


def test_the_api_server_hears_who_asks_and_its_no_is_told(api: Api) -> None:
    cluster = Cluster(api.kubeconfig)
    assert cluster.version() == "v1.36.4"
    assert api.asked == ["/version Bearer t0ken"]
    with pytest.raises(RefusedError, match="404: there are no nodes"):
        cluster.all("Node")
    cluster.delete("Pod", "p", "a")


def test_an_api_server_that_is_not_there_is_broken(api: Api) -> None:
    kubeconfig = api.kubeconfig
    kubeconfig["clusters"][0]["cluster"]["server"] = "http://127.0.0.1:9"
    with pytest.raises(Broken, match=r"at http://127\.0\.0\.1:9 does not answer"):
        Cluster(kubeconfig).version()
