"""One playbook in a process of its own: `python -m infra.cluster.play`, started by ansible.py.

ansible-runner forks, and a fork beside gRPC was seen to kill the child (11 of 200): hence never in
the plugin. Reads one JSON object of arguments for ansible-runner from its standard input (no
secret is on a command line) and writes one JSON object for each event to its standard output.
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

__all__ = ["digest"]

_LENGTH: Final = 400
"""Characters of a reason that are worth reading on one row."""

_CHECKS: Final = "Validating arguments against arg spec"
"""Ansible's own task before each role: nobody wants to read of it unless it fails."""

_FAILURES: Final = {
    "runner_item_on_failed": "item",
    "runner_on_failed": "failed",
    "runner_on_unreachable": "unreachable",
}
_ERROR: Final = re.compile(r"\[ERROR\]: ([^\x1b\n]+)")
"""What Ansible says of a playbook that it cannot even begin; there may be colour around it."""


def _reason(result: dict[str, Any]) -> str:
    """Choose the one line of a failed task's result that says what is wrong."""
    if missing := result.get("argument_errors"):
        return "; ".join(missing)
    said = str(result.get("stderr") or result.get("msg") or result.get("stdout") or "no word")
    lines = [line.strip() for line in said.splitlines() if line.strip()] or ["no word"]
    wrong = [line for line in lines if "ERROR" in line or line.lower().startswith("error")]
    return (wrong or lines)[-1 if not wrong else 0][:_LENGTH]


def digest(event: dict[str, Any]) -> dict[str, str] | None:
    """Return what the parent wants to know of an event of ansible-runner, if anything."""
    kind, data = event.get("event", ""), event.get("event_data", {})
    about = {"task": str(data.get("task", "")), "host": str(data.get("host", ""))}
    if kind in {"runner_on_start", "runner_on_ok"} and about["task"].startswith(_CHECKS):
        return None
    if kind == "runner_on_start":
        return {"event": "begun", **about}
    if kind in {"runner_on_ok", "runner_on_skipped"}:
        return {"event": kind.removeprefix("runner_on_"), **about}
    if kind in _FAILURES and not (data.get("ignore_errors") or data.get("ignore_unreachable")):
        return {"event": _FAILURES[kind], "why": _reason(data.get("res", {})), **about}
    if kind == "verbose" and (refused := _ERROR.search(str(event.get("stdout", "")))):
        return {"event": "refused", "why": refused[1].strip()[:_LENGTH], **about}
    return None


def _handler(write: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], bool]:
    def handle(event: dict[str, Any]) -> bool:
        if told := digest(event):
            write(told)
        return False  # nothing of it is kept on disk

    return handle


def main() -> None:
    """Run the playbook and end; the last line says how it went."""
    end_with_parent()
    job = json.load(sys.stdin)
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever else prints must not stand between our lines

    def write(told: dict[str, Any]) -> None:
        print(json.dumps(told), file=out)

    ended = ansible_runner.run(
        quiet=True,
        event_handler=_handler(write),
        settings={"pexpect_timeout": 0.5},  # how often it looks whether it shall end
        **job,
    )
    write({"event": "end", "status": str(ended.status)})


if __name__ == "__main__":
    main()
