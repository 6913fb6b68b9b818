from __future__ import annotations

from typing import Any

from conformance.kit.contest.evictions import Spaces, Visit, losses
from conformance.kit.site.observer import Event
from conformance.kit.site.pods import asks, stamps

SPACES = Spaces(
    sessions=frozenset({"sessions"}), headroom=frozenset({"headroom"}), batch=frozenset({"batch"})
)
SCHEDULER = {"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler"}


def document(key: str, *conditions: dict[str, str], **about: Any) -> dict[str, Any]:  # noqa: ANN401
    space, _, name = key.partition("/")
    return {
        "metadata": {"namespace": space, "name": name, **about.pop("metadata", {})},
        "spec": about.pop("spec", {}),
        "status": {"conditions": list(conditions), **about.pop("status", {})},
    }


def event(at: float, kind: str, after: dict[str, Any], type_: str = "MODIFIED") -> Event:
    space, name = after["metadata"]["namespace"], after["metadata"]["name"]
    return Event(at, type_, kind, f"{space}/{name}", after)


ENDING = {"metadata": {"deletionTimestamp": "now"}}
EVICTED = {"type": "Evicted", "status": "True", "reason": "Preempted"}


def test_one_placeholder_and_one_job_give_way_however_often_they_are_seen() -> None:
    placeholder = document("headroom/t4-a", SCHEDULER, **ENDING)
    job = document("batch/job-1", EVICTED)
    events = [
        event(1, "Pod", document("headroom/t4-a", SCHEDULER)),
        event(2, "Pod", placeholder),
        event(3, "Pod", placeholder, "DELETED"),
        event(4, "Workload", job),
        event(5, "Pod", document("batch/job-1-x", **ENDING)),
        event(6, "Pod", document("sessions/ada"), "ADDED"),
    ]
    assert losses(events, SPACES).told() == {
        "placeholders_preempted": 1,
        "jobs_suspended": 1,
        "batch_pods_preempted": 0,
        "sessions_ended": 0,
    }


def test_what_kueue_suspended_before_is_not_counted_again() -> None:
    job = document("batch/job-1", EVICTED)
    again = Event(1, "MODIFIED", "Workload", "batch/job-1", job, before=job)
    assert not losses([again], SPACES).suspended
    timed_out = document("batch/job-2", EVICTED | {"reason": "PodsReadyTimeout"})
    assert not losses([event(1, "Workload", timed_out)], SPACES).suspended


def test_a_session_that_has_to_end_is_counted_whoever_asks() -> None:
    ended = event(1, "Pod", document("sessions/ada", **ENDING))
    gone = event(2, "Pod", document("sessions/grace"), "DELETED")
    assert losses([ended, gone], SPACES).sessions == {"sessions/ada", "sessions/grace"}


def test_batch_counts_only_where_the_scheduler_took_its_place() -> None:
    pods = [document("batch/a", SCHEDULER), document("batch/b", **ENDING)]
    assert losses([event(1, "Pod", pod) for pod in pods], SPACES).batch == {"batch/a"}


def test_stamps_are_the_first_time_that_a_pod_was_seen_so() -> None:
    unplaced = {"type": "PodScheduled", "status": "False"}
    running = {"spec": {"nodeName": "n"}, "status": {"phase": "Running"}}
    ready = document("s/ada", {"type": "Ready", "status": "True"}, **running)
    ready["metadata"]["deletionTimestamp"] = "now"
    events = [
        event(1, "Pod", document("s/ada"), "ADDED"),
        event(2, "Pod", document("s/ada", unplaced)),
        event(3, "Pod", document("s/ada", spec={"nodeName": "n"})),
        event(3.5, "Pod", document("s/other", spec={"nodeName": "n"})),
        event(4, "Pod", ready),
        event(5, "Pod", ready),
        event(6, "Pod", ready, "DELETED"),
    ]
    assert stamps(events, "s/ada") == {
        "seen": 1,
        "pending": 2,
        "bound": 3,
        "running": 4,
        "ready": 4,
        "ending": 4,
        "gone": 6,
    }


def test_a_visit_is_told_in_the_order_of_what_happened() -> None:
    bound = {"spec": {"nodeName": "n"}}
    running = bound | {"status": {"phase": "Running"}}
    mended = document("headroom/t4-b", **running)
    events = [
        event(10.5, "Pod", document("sessions/ada"), "ADDED"),
        event(11, "Pod", document("headroom/t4-a", SCHEDULER, **ENDING)),
        event(12, "Pod", document("headroom/t4-b"), "ADDED"),
        event(13, "Pod", document("sessions/ada", **bound)),
        event(14, "Workload", document("batch/job-1", EVICTED)),
        event(15, "Pod", document("sessions/ada", **running)),
        event(18, "Pod", mended),
    ]
    visit = Visit.of({"asked": 10.0, "ready": 17.0}, events, SPACES, "sessions/ada")
    assert list(visit.since(10).items()) == [
        ("asked", 0),
        ("gave_way", 1),
        ("bound", 3),
        ("job_suspended", 4),
        ("running", 5),
        ("ready", 7),
        ("whole_again", 8),
    ]
    assert visit.lost.placeholders == {"headroom/t4-a"}
    assert visit.lost.suspended == {"batch/job-1"}


def test_a_pod_asks_for_what_its_containers_ask_for() -> None:
    gpu = "nvidia.com/gpu"
    containers = [{"resources": {"limits": {gpu: "1"}}}, {"resources": {"limits": {gpu: "2"}}}, {}]
    assert asks({"spec": {"containers": containers}}, gpu) == 3
