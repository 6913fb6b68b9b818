"""The way to a machine: one ssh_config per run, keys pinned under the server's id."""

from __future__ import annotations

import asyncio
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from infra.errors import ForegroundError

from . import processes

if TYPE_CHECKING:
    from pathlib import Path

    from .membership import Access, Machine, Membership

__all__ = ["Ssh", "Way", "config_text", "forget"]

_CONTROL_PATH_LIMIT: Final = 90
"""A socket's path has 108 bytes at most; ssh appends 17 and a zero."""

_JUMP: Final = "way-in"
_NO_WAY: Final = 255
"""ssh's exit status for everything that is not the command's."""
_NOBODY: Final = "kex_exchange_identification"
_CHANGED: Final = ("REMOTE HOST IDENTIFICATION HAS CHANGED", "Host key verification failed")

_COMMON: Final = """
Host *
  User {user}
  IdentityFile "{key}"
  IdentitiesOnly yes
  BatchMode yes
  StrictHostKeyChecking accept-new
  HashKnownHosts no
  LogLevel ERROR
  ConnectTimeout 5
  ServerAliveInterval 5
  ServerAliveCountMax 6
  ControlMaster auto
  ControlPersist 30
  ControlPath "{sockets}/%C"
"""


class Way(Protocol):
    """How an operation reaches the machines of one membership."""

    connection: dict[str, Any]
    """Inventory variables that Ansible needs for it."""

    environment: dict[str, str]
    """Environment that Ansible needs for it."""

    async def run(self, machine: str, *command: str) -> processes.Ended:
        """Run a command on a machine, as its login user."""
        ...

    def describe(self, machine: str) -> str:
        """Say in words what is tried to reach a machine."""
        ...

    async def close(self) -> None:
        """Leave nothing running."""
        ...


def forget(known_hosts: Path, server_id: str) -> None:
    """Forget the pinned key of a server that is gone."""
    (known_hosts / server_id).unlink(missing_ok=True)


def config_text(access: Access, machines: tuple[Machine, ...], known: Path, sockets: Path) -> str:
    """Return the ssh_config: what stands first wins, so the common part stands last.

    HostKeyAlias is the server's id: an address is used again by the next server, its key is not.
    Each server has a known_hosts file of its own, so that forgetting one races with nobody.
    """
    blocks = []
    if jump := access.jump_host:
        blocks.append(
            f"Host {_JUMP}\n  HostName {jump.host}\n  User {jump.user}\n  Port {jump.port}\n"
            f'  UserKnownHostsFile "{known}/{jump.host}-{jump.port}"\n'
            "  ControlMaster no\n  ControlPath none\n"
        )
    jumps = f"  ProxyJump {_JUMP}\n" if access.jump_host else ""
    blocks += [
        (
            f"Host {machine.name}\n  HostName {machine.address}\n"
            f"  HostKeyAlias {machine.server_id}\n"
            f'  UserKnownHostsFile "{known}/{machine.server_id}"\n{jumps}'
        )
        for machine in machines
    ]
    common = _COMMON.format(user=access.user, key=access.key_file, sockets=sockets)
    return "\n".join(blocks) + common


class Ssh:
    """The way by SSH, through the site's jump host if it has one.

    Args:
        membership: Whose machines are to be reached.
        folder: The run's own folder; holds the configuration and the sockets of SSH's masters.
        known_hosts: Folder with the pinned keys of the site's servers.
    """

    def __init__(self, membership: Membership, folder: Path, known_hosts: Path) -> None:
        self._access = membership.access
        self._machines = {machine.name: machine for machine in membership.machines}
        self._known_hosts = known_hosts
        self._sockets = folder / "s"
        if len(f"{self._sockets}/") + 40 > _CONTROL_PATH_LIMIT:
            raise ForegroundError(
                f"The folder for temporary files is too long for SSH's sockets: {folder}",
                "Set TMPDIR to a shorter one, for example /tmp",
            )
        self._sockets.mkdir(mode=0o700)
        known_hosts.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._config = folder / "ssh_config"
        self._config.write_text(
            config_text(self._access, membership.machines, known_hosts, self._sockets)
        )
        self.connection: dict[str, Any] = {}
        self.environment = {
            # ansible-runner turns it off where it is not set, and that beats the configuration
            "ANSIBLE_HOST_KEY_CHECKING": "True",
            "ANSIBLE_SSH_ARGS": f"-F {self._config}",
        }

    async def run(self, machine: str, *command: str) -> processes.Ended:
        """Run a command; raise only when the machine shows another key than it had."""
        ended = await self._ssh(machine, "--", shlex.join(command))
        if ended.status == _NO_WAY and _NOBODY in ended.err and self._access.jump_host:
            ended = await self._way_in_says(machine, ended)
        if ended.status == _NO_WAY and any(words in ended.err for words in _CHANGED):
            raise self._another_key(machine, ended.err)
        return ended

    async def _ssh(self, *words: str) -> processes.Ended:
        return await processes.run("ssh", "-F", str(self._config), *words)

    async def _way_in_says(self, machine: str, ended: processes.Ended) -> processes.Ended:
        """Ask the jump host itself: where a master is wanted, ssh keeps its words to itself."""
        address = self._machines[machine].address
        alone = await self._ssh("-W", f"{address}:22", _JUMP)
        return replace(ended, err=alone.err) if alone.status and alone.err else ended

    def _another_key(self, machine: str, said: str) -> ForegroundError:
        """Tell whose key it is: the machine's, or that of the way in."""
        jump = self._access.jump_host
        if jump and f"{jump.host}-{jump.port}" in said:
            who, file = f"The jump host {jump.host}", f"{jump.host}-{jump.port}"
        else:
            who, file = machine, self._machines[machine].server_id
        return ForegroundError(
            f"{who} answers SSH with another host key than it had",
            f"If you know why, remove {self._known_hosts / file} and type `pulumi up` again",
        )

    def describe(self, machine: str) -> str:
        """Say who logs in where, through what and with which key."""
        jump = self._access.jump_host
        through = f" through {jump.user}@{jump.host}:{jump.port}" if jump else ""
        address = self._machines[machine].address
        return f"{self._access.user}@{address}{through} with {self._access.key_file}"

    async def close(self) -> None:
        """End the masters; they would stay for ControlPersist otherwise."""
        if any(self._sockets.iterdir()):
            await asyncio.gather(
                *(
                    processes.run("ssh", "-F", str(self._config), "-O", "exit", name)
                    for name in self._machines
                )
            )
