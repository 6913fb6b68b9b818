from __future__ import annotations

from typing import Any

from conformance.kit.contest.evictions import EvictionRecord, evictions_in
from conformance.kit.contest.queues import WORKLOAD
from conformance.kit.site.kinds import POD, Kind
from conformance.kit.site.namespaces import Namespaces
from conformance.kit.site.observer import Event
from conformance.kit.site.pods import first_seen, requested

NAMESPACES = Namespaces(
    sessions=frozenset({"sessions"}), headroom=frozenset({"headroom"}), batch=frozenset({"batch"})
)
SCHEDULER = {"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler"}


def document(key: str, *conditions: dict[str, str], **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    namespace, _, name = key.partition("/")
    return {
        "metadata": {"namespace": namespace, "name": name, **fields.pop("metadata", {})},
        "spec": fields.pop("spec", {}),
        "status": {"conditions": list(conditions), **fields.pop("status", {})},
    }


def event(at: float, kind: Kind, after: dict[str, Any], type_: str = "MODIFIED") -> Event:
    namespace, name = after["metadata"]["namespace"], after["metadata"]["name"]
    return Event(at, type_, kind, f"{namespace}/{name}", after)


ENDING = {"metadata": {"deletionTimestamp": "now"}}
EVICTED = {"type": "Evicted", "status": "True", "reason": "Preempted"}


def test_one_placeholder_and_one_job_count_once_in_several_events() -> None:
    placeholder = document("headroom/t4-a", SCHEDULER, **ENDING)
    job = document("batch/job-1", EVICTED)
    events = [
        event(1, POD, document("headroom/t4-a", SCHEDULER)),
        event(2, POD, placeholder),
        event(3, POD, placeholder, "DELETED"),
        event(4, WORKLOAD, job),
        event(5, POD, document("batch/job-1-x", **ENDING)),
        event(6, POD, document("sessions/ada"), "ADDED"),
    ]
    assert evictions_in(events, NAMESPACES).counts() == {
        "placeholders_preempted": 1,
        "jobs_suspended": 1,
        "batch_pods_preempted": 0,
        "sessions_ended": 0,
    }


def test_a_job_that_kueue_suspended_before_is_not_counted_again() -> None:
    job = document("batch/job-1", EVICTED)
    again = Event(1, "MODIFIED", WORKLOAD, "batch/job-1", job, before=job)
    assert not evictions_in([again], NAMESPACES).suspended
    timed_out = document("batch/job-2", EVICTED | {"reason": "PodsReadyTimeout"})
    assert not evictions_in([event(1, WORKLOAD, timed_out)], NAMESPACES).suspended


def test_a_session_that_ends_for_any_reason_is_counted() -> None:
    ended = event(1, POD, document("sessions/ada", **ENDING))
    gone = event(2, POD, document("sessions/grace"), "DELETED")
    assert evictions_in([ended, gone], NAMESPACES).sessions == {"sessions/ada", "sessions/grace"}


def test_a_batch_pod_counts_only_if_the_scheduler_preempted_it() -> None:
    pods = [document("batch/a", SCHEDULER), document("batch/b", **ENDING)]
    assert evictions_in([event(1, POD, pod) for pod in pods], NAMESPACES).batch == {"batch/a"}


def test_first_seen_is_the_first_event_of_each_state() -> None:
    unplaced = {"type": "PodScheduled", "status": "False"}
    running = {"spec": {"nodeName": "n"}, "status": {"phase": "Running"}}
    ready = document("s/ada", {"type": "Ready", "status": "True"}, **running)
    ready["metadata"]["deletionTimestamp"] = "now"
    events = [
        event(1, POD, document("s/ada"), "ADDED"),
        event(2, POD, document("s/ada", unplaced)),
        event(3, POD, document("s/ada", spec={"nodeName": "n"})),
        event(3.5, POD, document("s/other", spec={"nodeName": "n"})),
        event(4, POD, ready),
        event(5, POD, ready),
        event(6, POD, ready, "DELETED"),
    ]
    assert first_seen(events, "s/ada") == {
        "seen": 1,
        "pending": 2,
        "bound": 3,
        "running": 4,
        "ready": 4,
        "ending": 4,
        "gone": 6,
    }


def test_moments_are_in_the_order_of_time() -> None:
    bound = {"spec": {"nodeName": "n"}}
    running = bound | {"status": {"phase": "Running"}}
    replacement = document("headroom/t4-b", **running)
    events = [
        event(10.5, POD, document("sessions/ada"), "ADDED"),
        event(11, POD, document("headroom/t4-a", SCHEDULER, **ENDING)),
        event(12, POD, document("headroom/t4-b"), "ADDED"),
        event(13, POD, document("sessions/ada", **bound)),
        event(14, WORKLOAD, document("batch/job-1", EVICTED)),
        event(15, POD, document("sessions/ada", **running)),
        event(18, POD, replacement),
    ]
    seen = EvictionRecord.of({"asked": 10.0, "ready": 17.0}, events, NAMESPACES, "sessions/ada")
    assert list(seen.since(10).items()) == [
        ("asked", 0),
        ("gave_way", 1),
        ("bound", 3),
        ("job_suspended", 4),
        ("running", 5),
        ("ready", 7),
        ("whole_again", 8),
    ]
    assert seen.evicted.placeholders == {"headroom/t4-a"}
    assert seen.evicted.suspended == {"batch/job-1"}


def test_a_pod_requests_what_its_containers_request() -> None:
    gpu = "nvidia.com/gpu"
    containers = [{"resources": {"limits": {gpu: "1"}}}, {"resources": {"limits": {gpu: "2"}}}, {}]
    assert requested({"spec": {"containers": containers}}, gpu) == 3
