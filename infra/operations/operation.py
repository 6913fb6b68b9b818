"""One operation on one machine: a private folder, a way to it, a row to tell of it, a playbook."""

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
from .ssh import Ssh

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from .membership import Membership
    from .processes import Ended
    from .progress import Row
    from .ssh import Way

__all__ = ["Bench", "Run", "sweep"]

_PREFIX = "fg-"


@dataclass(frozen=True)
class Bench:
    """What all operations of a stack share.

    Attributes:
        known_hosts: Folder with the pinned keys of the site's servers.
        playbooks: Folder with site.yml and leave.yml.
        open_way: Makes the way to a membership's machines.
        boot: Seconds that a new machine has until it answers SSH.
    """

    known_hosts: Path
    playbooks: Path = ansible.PLAYBOOKS
    open_way: Callable[[Membership, Path, Path], Way] = Ssh
    boot: float = 300

    @asynccontextmanager
    async def run(self, membership: Membership, row: Row) -> AsyncIterator[Run]:
        """Open a run; whatever happens, nothing of it is left."""
        with private_folder() as folder:
            way = self.open_way(membership, folder, self.known_hosts)
            try:
                yield Run(self, membership, row, folder, way)
            finally:
                await way.close()


@dataclass(frozen=True)
class Run:
    """An open run."""

    bench: Bench
    membership: Membership
    row: Row
    folder: Path
    way: Way

    @property
    def kubectl(self) -> Kubectl:
        """The cluster, asked on its first control member."""
        return Kubectl(self.way, self.membership.api_host)

    async def answers(self, within: float) -> Ended:
        """Log in until that works or the time is up; return how the last attempt ended."""
        name = self.membership.name

        async def log_in() -> Ended:
            return await self.way.run(name, "true")

        await self.row.say(f"waiting for {name}")
        async with self.row.ticking():
            return await waiting.until(log_in, lambda ended: ended.status == 0, within=within)

    async def reach(self) -> None:
        """Wait until the machine answers. A port that accepts says nothing: only a login does."""
        last = await self.answers(self.bench.boot)
        if last.status:
            name, server = self.membership.name, self.membership.server_id
            raise ForegroundError(
                f"{name} did not answer SSH within {self.bench.boot:.0f} s "
                f"(tried {self.way.describe(name)}): {last.last_words}",
                f"Look at `openstack console log show {server}`, then type `pulumi up` again",
            )

    async def play(self, playbook: str, **variables: Any) -> None:  # noqa: ANN401  Ansible's own
        """Run a playbook for this machine, with variables besides the membership's own."""
        job = ansible.Job(
            playbook=self.bench.playbooks / playbook,
            machine=self.membership.name,
            inventory=self.membership.inventory(self.way.connection),
            folder=self.folder / "ansible",
            variables=variables,
            environment=self.way.environment,
        )
        job.folder.mkdir(mode=0o700)
        await ansible.play(job, self.row)


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """Make a folder that only we can read, and remove it; its path is short, for sockets."""
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep() -> None:
    """Remove the folders of runs whose process was killed: a kubeconfig may be in them."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}[0-9]*-*"):
        owner = folder.name.removeprefix(_PREFIX).split("-")[0]
        ours = folder.stat().st_uid == os.getuid()
        if ours and owner.isdigit() and not Path(f"/proc/{owner}").exists():
            shutil.rmtree(folder, ignore_errors=True)
