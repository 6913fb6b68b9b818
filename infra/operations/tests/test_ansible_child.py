"""Summaries of ansible-runner's events, as the parent process reads them."""

from __future__ import annotations

from typing import Any

import pytest

from infra.operations.ansible_child import summary


def event(kind: str, **data: Any) -> dict[str, Any]:  # noqa: ANN401  as ansible-runner has it
    return {"event": kind, "event_data": {"task": "Join the cluster", "host": "w1"} | data}


def reason(**result: Any) -> str:  # noqa: ANN401  as Ansible has it
    found = summary(event("runner_on_failed", res=result))
    assert found is not None
    return found["reason"]


def test_a_task_is_reported_at_its_beginning_and_its_end() -> None:
    about = {"task": "Join the cluster", "host": "w1"}
    assert summary(event("runner_on_start")) == {"event": "begun", **about}
    assert summary(event("runner_on_ok")) == {"event": "ok", **about}
    assert summary(event("runner_on_skipped")) == {"event": "skipped", **about}


def test_ansibles_validation_of_arguments_is_reported_only_if_it_fails() -> None:
    task = "Validating arguments against arg spec 'main' - Run containerd"
    assert summary(event("runner_on_start", task=task)) is None
    assert summary(event("runner_on_ok", task=task)) is None
    assert summary(event("runner_on_failed", task=task, res={"msg": "no"})) is not None


@pytest.mark.parametrize("kind", ["playbook_on_stats", "verbose", "runner_retry"])
def test_other_events_are_not_reported(kind: str) -> None:
    assert summary(event(kind)) is None


def test_a_failure_that_the_playbook_ignores_is_not_reported() -> None:
    assert summary(event("runner_on_failed", ignore_errors=True, res={})) is None
    assert summary(event("runner_on_unreachable", ignore_unreachable=True, res={})) is None


def test_a_playbook_that_cannot_begin_is_reported_without_colour_codes() -> None:
    event_data = {
        "event": "verbose",
        "stdout": "\x1b[0;31m[ERROR]: the role 'x' was not found\x1b[0m",
    }
    found = summary(event_data)
    assert found is not None
    assert (found["event"], found["reason"]) == ("refused", "the role 'x' was not found")


def test_the_reason_is_the_last_line_if_no_line_is_an_error() -> None:
    assert reason(stderr="warming up\nno space left on device\n") == "no space left on device"


def test_the_reason_is_the_first_line_that_is_an_error() -> None:
    output = (
        "[init] starting\nerror execution phase preflight: [ERROR Swap]\nTo see the stack trace"
    )
    assert reason(stderr=output) == "error execution phase preflight: [ERROR Swap]"


def test_the_reason_is_the_message_if_nothing_was_printed() -> None:
    assert (
        reason(msg="Destination /root not writable", stderr="") == "Destination /root not writable"
    )
    assert reason() == "no reason given"


def test_a_missing_argument_of_a_role_is_named() -> None:
    errors = ["missing required arguments: kubernetes_endpoint"]
    assert reason(argument_errors=errors, msg="Validation failed") == errors[0]


def test_a_long_reason_is_cut() -> None:
    assert len(reason(msg="x" * 5000)) == 400
