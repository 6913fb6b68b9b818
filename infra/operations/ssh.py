"""SshConnection: commands on machines by OpenSSH, through the site's jump host if it has one."""

from __future__ import annotations

import asyncio
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from infra.errors import ForegroundError

from . import processes
from .ssh_config import JUMP_HOST, config_text, jump_host_key

if TYPE_CHECKING:
    from pathlib import Path

    from .member_inputs import MemberInputs

__all__ = ["SshConnection", "forget_host_key"]

_CONTROL_PATH_LIMIT: Final = 90
"""A socket's path has 108 bytes at most; ssh appends 17 and a zero."""
_SSH_FAILED: Final = 255
"""ssh's exit status for every failure of its own, not of the command."""
_NO_GREETING: Final = "kex_exchange_identification"
_KEY_CHANGED: Final = ("REMOTE HOST IDENTIFICATION HAS CHANGED", "Host key verification failed")


def forget_host_key(known_hosts: Path, server_id: str) -> None:
    """Remove the pinned key of a server that is gone."""
    (known_hosts / server_id).unlink(missing_ok=True)


class SshConnection:
    """A Connection by SSH.

    Args:
        inputs: The member whose machines are to be reached.
        folder: The operation's own folder, for the ssh_config and the sockets of SSH's masters.
        known_hosts: Folder with the pinned keys of the site's servers.
    """

    def __init__(self, inputs: MemberInputs, folder: Path, known_hosts: Path) -> None:
        self._access = inputs.access
        self._targets = {target.name: target for target in inputs.ssh_targets}
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
            config_text(self._access, inputs.ssh_targets, known_hosts, self._sockets)
        )
        self.inventory_variables: dict[str, Any] = {}
        self.environment = {
            # ansible-runner turns it off where it is not set, and that beats the configuration
            "ANSIBLE_HOST_KEY_CHECKING": "True",
            "ANSIBLE_SSH_ARGS": f"-F {self._config}",
        }

    async def execute(self, machine: str, *command: str) -> processes.Result:
        """Run a command; raise only if the machine has another host key than the pinned one."""
        result = await self._ssh(machine, "--", shlex.join(command))
        failed = result.status == _SSH_FAILED
        if failed and _NO_GREETING in result.err and self._access.jump_host:
            result = await self._with_error_of_jump_host(machine, result)
        if result.status == _SSH_FAILED and any(text in result.err for text in _KEY_CHANGED):
            raise self._other_key(machine, result.err)
        return result

    async def _ssh(self, *arguments: str) -> processes.Result:
        return await processes.run("ssh", "-F", str(self._config), *arguments)

    async def _with_error_of_jump_host(
        self, machine: str, result: processes.Result
    ) -> processes.Result:
        """Get the jump host's own error: with ControlMaster, ssh does not print it."""
        address = self._targets[machine].address
        direct = await self._ssh("-W", f"{address}:22", JUMP_HOST)
        return replace(result, err=direct.err) if direct.status and direct.err else result

    def _other_key(self, machine: str, error: str) -> ForegroundError:
        """Report a changed key: the machine's, or the jump host's."""
        jump = self._access.jump_host
        if jump and jump_host_key(jump) in error:
            host, file = f"The jump host {jump.host}", jump_host_key(jump)
        else:
            host, file = machine, self._targets[machine].server_id
        return ForegroundError(
            f"{host} answers SSH with another host key than it had",
            f"If you know why, remove {self._known_hosts / file} and type `pulumi up` again",
        )

    def describe(self, machine: str) -> str:
        """Return user, address, jump host and key in words."""
        jump = self._access.jump_host
        through = f" through {jump.user}@{jump.host}:{jump.port}" if jump else ""
        address = self._targets[machine].address
        return f"{self._access.user}@{address}{through} with {self._access.key_file}"

    async def close(self) -> None:
        """End SSH's masters, which would otherwise stay for ControlPersist."""
        if any(self._sockets.iterdir()):
            await asyncio.gather(
                *(
                    processes.run("ssh", "-F", str(self._config), "-O", "exit", name)
                    for name in self._targets
                )
            )
