"""Ansible playbooks, run by ansible-runner in a child process; a failure is one sentence."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from infra.errors import ForegroundError
from infra.site.values import PLAYBOOKS

from .processes import end_child

if TYPE_CHECKING:
    from .progress import ProgressLine

__all__ = ["PLAYBOOKS", "TRY_AGAIN", "Job", "run_playbook"]

TRY_AGAIN: Final = "Fix the cause and type `pulumi up` again"
_LINE_LIMIT: Final = 1 << 20
"""Longest line that is read from the child, in bytes; a reason is cut long before that."""


@dataclass(frozen=True)
class Job:
    """A run of one playbook for one machine.

    Attributes:
        playbook: Its file.
        machine: The only host of the run.
        inventory: Ansible's inventory, as data.
        folder: ansible-runner's private folder; the caller removes it.
        variables: Extra variables, which have the highest precedence.
        environment: Environment variables for Ansible.
    """

    playbook: Path
    machine: str
    inventory: dict[str, Any]
    folder: Path
    variables: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    def arguments(self) -> str:
        """Return the arguments of ansible-runner as JSON, for the child process."""
        project = self.playbook.parent
        return json.dumps(
            {
                "private_data_dir": str(self.folder),
                "project_dir": str(project),
                "playbook": self.playbook.name,
                "limit": self.machine,
                "inventory": self.inventory,
                "extravars": self.variables,
                "envvars": {
                    "ANSIBLE_CONFIG": str(project / "ansible.cfg"),
                    "ANSIBLE_HOME": str(self.folder / "home"),
                    "ANSIBLE_PIPELINING": "True",
                    "ANSIBLE_HOST_KEY_CHECKING": "True",
                    **self.environment,
                },
            }
        )


async def run_playbook(job: Job, progress: ProgressLine) -> None:
    """Run a playbook; its tasks show on the progress line.

    Raises:
        ForegroundError: ansible-runner's own status is not "successful". Its exit status is no
            proof: it is None after a signal, which was once taken for success.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "infra.operations.ansible_child",
        cwd=PLAYBOOKS.parent,
        env=_environment(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        limit=_LINE_LIMIT,
    )
    try:
        async with progress.ticking():
            status, reason, errors = await _follow(child, job.arguments(), progress)
    finally:
        await end_child(child)
    if status != "successful":
        last = errors.strip().splitlines()[-1:] or [f"the playbook ended as {status or 'killed'}"]
        problem = reason or f"{job.playbook.name} for {job.machine}: {last[0]}"
        raise ForegroundError(problem, TRY_AGAIN)


def _environment() -> dict[str, str]:
    """Return our environment with this Python's programs first, without Ansible's settings."""
    ours = {key: text for key, text in os.environ.items() if not key.startswith("ANSIBLE_")}
    return ours | {"PATH": f"{Path(sys.executable).parent}:{ours.get('PATH', os.defpath)}"}


async def _follow(
    child: asyncio.subprocess.Process, arguments: str, progress: ProgressLine
) -> tuple[str, str, str]:
    """Read the child's events to its end; return status, reason of a failure, standard error."""
    if not (child.stdin and child.stdout and child.stderr):
        raise AssertionError("the child was started with three pipes")
    errors = asyncio.ensure_future(child.stderr.read())
    child.stdin.write(arguments.encode())
    child.stdin.close()
    status, reason = "", ""
    async for line in child.stdout:
        event = json.loads(line)
        match event["event"]:
            case "begun":
                progress.begin(event["task"])
            case "ok" | "skipped" as outcome:
                await progress.end(event["task"], skipped=outcome == "skipped")
            case "item" | "failed" | "unreachable" as outcome:
                reason = _sentence(event, reason if outcome == "failed" else "")
                await progress.show(f"{event['task']}: failed")
            case "refused":
                reason = reason or event["reason"]
            case "end":
                status = event["status"]
    await child.wait()
    return status, reason, (await errors).decode(errors="replace")


def _sentence(event: dict[str, str], item: str) -> str:
    """Return host, task and reason; a failed loop has the reason of its item, not its own."""
    if item.startswith(f"{event['host']}: {event['task']}: "):
        return item
    return f"{event['host']}: {event['task']}: {event['reason']}"
