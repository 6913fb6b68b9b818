"""Operation: one run of join, leave or inspect, with its folder, connection and progress line."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.errors import ForegroundError

from . import ansible, waiting
from .kubectl import Kubectl
from .ssh import SshConnection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from .connection import Connection
    from .member_inputs import MemberInputs
    from .processes import Result
    from .progress import ProgressLine

__all__ = ["Operation", "OperationContext", "remove_stale_folders"]

_PREFIX = "fg-"


@dataclass(frozen=True)
class OperationContext:
    """What all operations of a stack share.

    Attributes:
        known_hosts: Folder with the pinned host keys of the site's servers.
        playbooks: Folder with site.yml and leave.yml.
        connect: Opens the connection to a member's machines; gets the inputs, the operation's
            folder and the folder of pinned keys.
        boot: Seconds in which a new machine must answer SSH.
    """

    known_hosts: Path
    playbooks: Path = ansible.PLAYBOOKS
    connect: Callable[[MemberInputs, Path, Path], Connection] = SshConnection
    boot: float = 300

    @asynccontextmanager
    async def operation(
        self, inputs: MemberInputs, progress: ProgressLine
    ) -> AsyncIterator[Operation]:
        """Open an operation; its folder and its connection are removed at the end."""
        with private_folder() as folder:
            connection = self.connect(inputs, folder, self.known_hosts)
            try:
                yield Operation(self, inputs, progress, folder, connection)
            finally:
                await connection.close()


@dataclass(frozen=True)
class Operation:
    """An open operation on one machine.

    Attributes:
        context: What it shares with other operations of the stack.
        inputs: The member.
        progress: The progress line of the resource in `pulumi up`.
        folder: A private folder, removed at the end.
        connection: Runs commands on the machines.
    """

    context: OperationContext
    inputs: MemberInputs
    progress: ProgressLine
    folder: Path
    connection: Connection

    @property
    def kubectl(self) -> Kubectl:
        """Requests to the cluster, by its first control machine."""
        return Kubectl(self.connection, self.inputs.api_host)

    async def try_login(self, within: float) -> Result:
        """Log in until that works or the time is up; return the result of the last attempt."""
        name = self.inputs.name

        async def log_in() -> Result:
            return await self.connection.execute(name, "true")

        await self.progress.show(f"waiting for {name}")
        async with self.progress.ticking():
            return await waiting.until(log_in, lambda result: result.status == 0, within=within)

    async def wait_for_login(self) -> None:
        """Wait until a login works. An open port is not enough: a proxy may hold it open."""
        last = await self.try_login(self.context.boot)
        if last.status:
            name, server = self.inputs.name, self.inputs.server_id
            raise ForegroundError(
                f"{name} did not answer SSH within {self.context.boot:.0f} s "
                f"(tried {self.connection.describe(name)}): {last.last_line}",
                f"Look at `openstack console log show {server}`, then type `pulumi up` again",
            )

    async def run_playbook(self, playbook: str, **variables: Any) -> None:  # noqa: ANN401 - Ansible's
        """Run a playbook for this machine.

        Args:
            playbook: Name of its file.
            variables: Extra variables, in addition to those of the member.
        """
        job = ansible.Job(
            playbook=self.context.playbooks / playbook,
            machine=self.inputs.name,
            inventory=self.inputs.inventory(self.connection.inventory_variables),
            folder=self.folder / "ansible",
            variables=variables,
            environment=self.connection.environment,
        )
        job.folder.mkdir(mode=0o700)
        await ansible.run_playbook(job, self.progress)


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """Make a folder that only its owner can read, and remove it; sockets need a short path."""
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_stale_folders() -> None:
    """Remove the folders of operations whose process was killed: they may hold a kubeconfig."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}[0-9]*-*"):
        owner = folder.name.removeprefix(_PREFIX).split("-")[0]
        ours = folder.stat().st_uid == os.getuid()
        if ours and owner.isdigit() and not Path(f"/proc/{owner}").exists():
            shutil.rmtree(folder, ignore_errors=True)
