from __future__ import annotations

from typing import Any

import pytest

from infra.operations.ansible_child import digest


def event(kind: str, **data: Any) -> dict[str, Any]:  # noqa: ANN401  as ansible-runner has it
    return {"event": kind, "event_data": {"task": "Join the cluster", "host": "w1"} | data}


def why(**result: Any) -> str:  # noqa: ANN401  as Ansible has it
    told = digest(event("runner_on_failed", res=result))
    assert told is not None
    return told["why"]


def test_a_task_is_told_when_it_begins_and_how_it_ends() -> None:
    about = {"task": "Join the cluster", "host": "w1"}
    assert digest(event("runner_on_start")) == {"event": "begun", **about}
    assert digest(event("runner_on_ok")) == {"event": "ok", **about}
    assert digest(event("runner_on_skipped")) == {"event": "skipped", **about}


def test_ansibles_own_check_of_arguments_is_told_only_where_it_fails() -> None:
    task = "Validating arguments against arg spec 'main' - Run containerd"
    assert digest(event("runner_on_start", task=task)) is None
    assert digest(event("runner_on_ok", task=task)) is None
    assert digest(event("runner_on_failed", task=task, res={"msg": "no"})) is not None


@pytest.mark.parametrize("kind", ["playbook_on_stats", "verbose", "runner_retry"])
def test_what_nobody_wants_to_know_is_not_told(kind: str) -> None:
    assert digest(event(kind)) is None


def test_a_failure_that_the_playbook_ignores_is_none() -> None:
    assert digest(event("runner_on_failed", ignore_errors=True, res={})) is None
    assert digest(event("runner_on_unreachable", ignore_unreachable=True, res={})) is None


def test_a_playbook_that_cannot_begin_is_told_without_colour() -> None:
    said = {"event": "verbose", "stdout": "\x1b[0;31m[ERROR]: the role 'x' was not found\x1b[0m"}
    told = digest(said)
    assert told is not None
    assert (told["event"], told["why"]) == ("refused", "the role 'x' was not found")


def test_the_reason_is_the_last_line_where_none_says_error() -> None:
    assert why(stderr="warming up\nno space left on device\n") == "no space left on device"


def test_the_reason_is_the_first_line_that_says_error() -> None:
    said = "[init] starting\nerror execution phase preflight: [ERROR Swap]\nTo see the stack trace"
    assert why(stderr=said) == "error execution phase preflight: [ERROR Swap]"


def test_the_reason_is_the_message_where_nothing_was_printed() -> None:
    assert why(msg="Destination /root not writable", stderr="") == "Destination /root not writable"
    assert why() == "no word"


def test_a_wrong_argument_of_a_role_is_named() -> None:
    said = ["missing required arguments: kubernetes_endpoint"]
    assert why(argument_errors=said, msg="Validation failed") == said[0]


def test_a_reason_is_cut_before_it_fills_the_screen() -> None:
    assert len(why(msg="x" * 5000)) == 400
