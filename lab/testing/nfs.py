"""An NFSv4 client in user space, which a machine's kernel need not have: no mount, real packets.

`python -m lab.testing.nfs read|write ADDRESS EXPORT FILE` speaks as the user that sessions have;
bytes come on standard input and go to standard output.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab import cgroups

if TYPE_CHECKING:
    from lab.instance import Instance

__all__ = ["Client"]

PORT = 2049
PERSON = 1000
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Client:
    """Somebody on one of a lab's machines, as the network sees it.

    Attributes:
        instance: The lab.
        machine: Nova's id of the machine.
        server: Address of the server.
        export: What it gives out.
    """

    instance: Instance
    machine: str
    server: str
    export: str

    def write(self, file: str, content: bytes) -> None:
        """Write a file of the export."""
        self._run("write", file, content)

    def read(self, file: str) -> bytes:
        """Read a file of the export."""
        return self._run("read", file, b"")

    def _run(self, what: str, file: str, content: bytes) -> bytes:
        group = f"{self.instance.cgroup}/machine-{self.machine.partition('-')[0]}"
        inside = next(filter(_is_first, cgroups.processes(group)))
        client = [sys.executable, "-m", "lab.testing.nfs", what, self.server, self.export, file]
        done = subprocess.run(
            ["nsenter", f"--net=/proc/{inside}/ns/net", *client],
            input=content,
            capture_output=True,
            check=False,
            timeout=PATIENCE_S,
        )
        assert done.returncode == 0, done.stderr.decode()  # noqa: S101
        return done.stdout


def _is_first(pid: int) -> bool:
    """Tell a machine's init, which has the machine's links, from its pods' processes."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    fields = dict(line.split(":\t", 1) for line in status.splitlines())
    numbers = fields["NSpid"].split()
    return fields["Name"] == "systemd" and len(numbers) > 1 and numbers[-1] == "1"


def main() -> None:
    """Read or write one file."""
    from nfs4fs import Nfs4FileSystem  # noqa: PLC0415 - only in a process of its own: it has threads

    what, server, export, file = sys.argv[1:]
    os.setgroups([])
    os.setgid(PERSON)
    os.setuid(PERSON)
    # without a port it would ask the port mapper, which nobody has
    there = Nfs4FileSystem(host=f"{server}:{PORT}", root=export.strip("/"), auth="auth_sys")
    if what == "write":
        there.pipe({file: sys.stdin.buffer.read()})
    else:
        sys.stdout.buffer.write(there.cat_file(file))


if __name__ == "__main__":
    main()
