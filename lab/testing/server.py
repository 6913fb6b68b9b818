"""SSH client for a server of a lab's cloud, through the jump host."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from lab import bastion
from lab.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

    from lab.instance import LabInstance

__all__ = ["Server", "Ssh"]

SSH_S = 90.0
BOOT = "systemctl show --property=UserspaceTimestamp --value; stat -c %Y /proc/1"


@dataclass(frozen=True)
class Ssh:
    """SSH client for all machines behind a site's jump host."""

    instance: LabInstance
    folder: Path
    """Folder for its configuration and for host keys."""

    def run(self, target: str, alias: str, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command; host keys are stored by alias, as addresses are reused."""
        # ssh ends its ProxyCommand by SIGHUP; under nohup both would ignore it
        ssh = ["env", "--default-signal=HUP", "ssh", "-F", self.config]
        return subprocess.run(
            [*ssh, "-o", f"HostKeyAlias={alias}", target, command],
            capture_output=True,
            text=True,
            check=False,
            timeout=SSH_S,
        )

    @cached_property
    def config(self) -> str:
        """Path of the configuration file for `ssh -F`."""
        config = self.folder / "ssh_config"
        config.write_text(f"""\
Host *
    IdentityFile {self.instance.state}/ssh/id_ed25519
    IdentitiesOnly yes
    BatchMode yes
    ConnectTimeout 5
    ServerAliveInterval 2
    ServerAliveCountMax 3
    LogLevel ERROR
    StrictHostKeyChecking accept-new
    UserKnownHostsFile {self.folder}/known_hosts
Host jump
    HostName {self.instance.bastion}
    Port {bastion.PORT}
    User {bastion.USER}
Host !jump *
    ProxyCommand ssh -F {config} -o HostKeyAlias=jump -W %h:%p jump
""")
        return str(config)


@dataclass(frozen=True)
class Server:
    """A server that is reached by SSH."""

    id: str
    name: str
    address: str
    ssh: Ssh

    def run(self, command: str) -> str:
        """Run a command in the server; return its output."""
        done = self._run(command)
        assert done.returncode == 0, f"{self.name}: {command!r}: {done.stderr}"  # noqa: S101
        return done.stdout.strip()

    def reachable(self) -> bool:
        """Return whether it accepts an SSH login."""
        return self._run("true").returncode == 0

    def wait(self, seconds: float = SSH_S) -> Server:
        """Return when it accepts an SSH login."""
        until(self.reachable, f"{self.name} at {self.address} answers over SSH", seconds)
        return self

    def boot(self) -> str:
        """Return a text that differs after each boot."""
        return self.run(BOOT)

    def booted_after(self, earlier: str, seconds: float = SSH_S) -> None:
        """Return when it has booted again and accepts an SSH login."""

        def anew() -> bool:  # the connection may break meanwhile
            done = self._run(BOOT)
            return done.returncode == 0 and done.stdout.strip() != earlier

        until(anew, f"{self.name} has booted again", seconds)

    def _run(self, command: str) -> subprocess.CompletedProcess[str]:
        return self.ssh.run(f"debian@{self.address}", self.id, command)
