"""Child process that runs one playbook: `python -m infra.operations.ansible_child`.

ansible-runner forks. A fork in a process that uses gRPC was seen to kill the child (11 of 200), so
it never runs in the plugin's own process. This program reads ansible-runner's arguments as one
JSON object from standard input (no secret is on a command line) and writes one JSON object per
event to standard output.
"""

from __future__ import annotations

import json
import os
import re
import sys
from typing import TYPE_CHECKING, Any, Final

import ansible_runner

from .processes import end_with_parent

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["summary"]

_LENGTH: Final = 400
"""Longest reason, in characters."""

_VALIDATION: Final = "Validating arguments against arg spec"
"""Beginning of the name of Ansible's own task before each role; it shows only if it fails."""

_NO_REASON: Final = "no reason given"

_FAILURES: Final = {
    "runner_item_on_failed": "item",
    "runner_on_failed": "failed",
    "runner_on_unreachable": "unreachable",
}
_ERROR: Final = re.compile(r"\[ERROR\]: ([^\x1b\n]+)")
"""Ansible's error about a playbook that it cannot begin; colour codes may surround it."""


def _reason(result: dict[str, Any]) -> str:
    """Choose the one line of a failed task's result that says what is wrong."""
    if missing := result.get("argument_errors"):
        return "; ".join(missing)
    text = str(result.get("stderr") or result.get("msg") or result.get("stdout") or _NO_REASON)
    lines = [line.strip() for line in text.splitlines() if line.strip()] or [_NO_REASON]
    errors = [line for line in lines if "ERROR" in line or line.lower().startswith("error")]
    return (errors[0] if errors else lines[-1])[:_LENGTH]


def summary(event: dict[str, Any]) -> dict[str, str] | None:
    """Return what the parent needs of one of ansible-runner's events; None for most of them."""
    kind, data = event.get("event", ""), event.get("event_data", {})
    about = {"task": str(data.get("task", "")), "host": str(data.get("host", ""))}
    if kind in {"runner_on_start", "runner_on_ok"} and about["task"].startswith(_VALIDATION):
        return None
    if kind == "runner_on_start":
        return {"event": "begun", **about}
    if kind in {"runner_on_ok", "runner_on_skipped"}:
        return {"event": kind.removeprefix("runner_on_"), **about}
    if kind in _FAILURES and not (data.get("ignore_errors") or data.get("ignore_unreachable")):
        return {"event": _FAILURES[kind], "reason": _reason(data.get("res", {})), **about}
    if kind == "verbose" and (refused := _ERROR.search(str(event.get("stdout", "")))):
        return {"event": "refused", "reason": refused[1].strip()[:_LENGTH], **about}
    return None


def _handler(write: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], bool]:
    def handle(event: dict[str, Any]) -> bool:
        if needed := summary(event):
            write(needed)
        return False  # ansible-runner writes no event to the disk

    return handle


def main() -> None:
    """Run the playbook and end; the last line has ansible-runner's status."""
    end_with_parent()
    arguments = json.load(sys.stdin)
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # anything else that prints must not disturb our lines

    def write(event: dict[str, Any]) -> None:
        print(json.dumps(event), file=out)

    runner = ansible_runner.run(
        quiet=True,
        event_handler=_handler(write),
        settings={"pexpect_timeout": 0.5},  # seconds between checks for a cancellation
        **arguments,
    )
    write({"event": "end", "status": str(runner.status)})


if __name__ == "__main__":
    main()
