"""Our plugin as the engine starts it, but every machine is this one, its playbooks small."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.openstack.port import Port
from infra.operations import processes
from infra.operations.operation import Bench
from infra.plugin.server import serve
from infra.plugin.types.address_pairs import AddressPairsType
from infra.plugin.types.member import MemberType
from infra.plugin.types.secret import SecretType

if TYPE_CHECKING:
    from infra.operations.membership import Membership

TOP = Path(os.environ["ENGINE_TEST"])
RANGE = TOP / "range"
"""What the cluster gives whoever joins, where a test says so."""


class Here:
    """The way to a machine that is this one; its cluster has one answer to every question."""

    def __init__(self, _membership: Membership, _folder: Path, _known: Path) -> None:
        self.connection: dict[str, Any] = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
        }
        self.environment: dict[str, str] = {}

    async def run(self, _machine: str, *command: str) -> processes.Ended:
        """Run a command here, but for kubectl, which needs a cluster."""
        if "get" in command:
            given = RANGE.read_text() if RANGE.exists() else "10.93.1.0/24"
            return processes.Ended(0, json.dumps({"spec": {"podCIDR": given}}), "")
        return await processes.run(*command)

    def describe(self, machine: str) -> str:
        """Say where that is."""
        return f"{machine}, which is here"

    async def close(self) -> None:
        """There is nothing to close."""


class HerePort(Port):
    """A port that is a file beside the log; it says there as well what is done to it."""

    def pairs(self) -> list[str] | None:
        """Look."""
        return self.file.read_text().split() if self.file.exists() else None

    def allow(self, *ranges: str) -> None:
        """Let them pass."""
        self.set(ranges)

    def withdraw(self) -> None:
        """Let nothing pass."""
        self.set(())

    def set(self, ranges: tuple[str, ...]) -> None:
        """Write down what passes."""
        self.file.write_text(" ".join(ranges))
        with (TOP / "log").open("a") as log:
            log.write(f"pass {self.machine} {' '.join(ranges) or 'nothing'}\n")

    @property
    def file(self) -> Path:
        """Where it is."""
        return TOP / f"port-{self.machine}"


def bench(_stack: str) -> Bench:
    """Everything in the test's own folder."""
    known = TOP / "known_hosts"
    known.mkdir(exist_ok=True)
    return Bench(known, playbooks=Path(__file__).parent, open_way=Here)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1:], [MemberType(bench), AddressPairsType(HerePort), SecretType()]))
