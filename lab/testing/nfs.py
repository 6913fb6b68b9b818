"""NFSv4 client in user space, for machines whose kernel has none: no mount, real packets.

`python -m lab.testing.nfs read|write ADDRESS EXPORT FILE` uses the uid of sessions; the content
comes from standard input or goes to standard output.
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
    from lab.instance import LabInstance

__all__ = ["Client"]

PORT = 2049
PERSON = 1000
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Client:
    """NFS client in the network namespace of one of a lab's machines.

    Attributes:
        instance: The lab.
        machine: UUID of the machine in Nova.
        server: Address of the NFS server.
        export: Path of the export.
    """

    instance: LabInstance
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
    """Return whether a process is the machine's init, not an init of one of its pods."""
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
    # without a port it would call the port mapper, which does not run
    export_root = Nfs4FileSystem(host=f"{server}:{PORT}", root=export.strip("/"), auth="auth_sys")
    if what == "write":
        export_root.pipe({file: sys.stdin.buffer.read()})
    else:
        sys.stdout.buffer.write(export_root.cat_file(file))


if __name__ == "__main__":
    main()
