"""Playbooks, run by ansible-runner in a child: rows meanwhile, one sentence if it fails."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from infra.cluster.playbooks_digest import PLAYBOOKS
from infra.errors import ForegroundError

from .processes import ended

if TYPE_CHECKING:
    from .progress import Row

__all__ = ["AGAIN", "PLAYBOOKS", "Job", "play"]

AGAIN: Final = "Mend it and type `pulumi up` again"
_LINE: Final = 1 << 20
"""Longest line of the child: a reason is cut long before that."""


@dataclass(frozen=True)
class Job:
    """A playbook, run for one machine.

    Attributes:
        playbook: Its file.
        machine: The only host that the run is for.
        inventory: Ansible's, as data.
        variables: Extra variables, which beat all others.
        environment: For Ansible.
        folder: ansible-runner's private folder; the caller removes it.
    """

    playbook: Path
    machine: str
    inventory: dict[str, Any]
    folder: Path
    variables: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    def arguments(self) -> str:
        """Return ansible-runner's arguments, as the child reads them."""
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


async def play(job: Job, row: Row) -> None:
    """Run a playbook; every event shows on the row.

    Raises:
        ForegroundError: Unless ansible-runner itself says that all went well. Its exit status
            says nothing: it is None after a signal, which was once taken for success.
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
        limit=_LINE,
    )
    try:
        async with row.ticking():
            status, why, said = await _follow(child, job.arguments(), row)
    finally:
        await ended(child)
    if status != "successful":
        last = said.strip().splitlines()[-1:] or [f"the playbook ended as {status or 'killed'}"]
        raise ForegroundError(why or f"{job.playbook.name} for {job.machine}: {last[0]}", AGAIN)


def _environment() -> dict[str, str]:
    """Return ours, this Python's programs first, without what is meant for another Ansible."""
    ours = {key: said for key, said in os.environ.items() if not key.startswith("ANSIBLE_")}
    return ours | {"PATH": f"{Path(sys.executable).parent}:{ours.get('PATH', os.defpath)}"}


async def _follow(
    child: asyncio.subprocess.Process, arguments: str, row: Row
) -> tuple[str, str, str]:
    """Return how the child says it ended, why it failed, and what else it said."""
    if not (child.stdin and child.stdout and child.stderr):
        raise AssertionError("the child was started with three pipes")
    words = asyncio.ensure_future(child.stderr.read())
    child.stdin.write(arguments.encode())
    child.stdin.close()
    status, why = "", ""
    async for line in child.stdout:
        event = json.loads(line)
        match event["event"]:
            case "begun":
                row.begin(event["task"])
            case "ok" | "skipped" as how:
                await row.end(event["task"], skipped=how == "skipped")
            case "item" | "failed" | "unreachable" as how:
                why = _sentence(event, why if how == "failed" else "")
                await row.say(f"{event['task']}: failed")
            case "refused":
                why = why or event["why"]
            case "end":
                status = event["status"]
    await child.wait()
    return status, why, (await words).decode(errors="replace")


def _sentence(event: dict[str, str], item: str) -> str:
    """Say what failed; of a loop the item's reason, as the task's own says nothing."""
    if item.startswith(f"{event['host']}: {event['task']}: "):
        return item
    return f"{event['host']}: {event['task']}: {event['why']}"
