"""Our plugin for the engine tests: every machine is this one, with small playbooks."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.openstack.port import Port
from infra.operations import processes
from infra.operations.operation import OperationContext
from infra.plugin.server import serve
from infra.plugin.types.address_pairs import AddressPairsType
from infra.plugin.types.member import MemberType
from infra.plugin.types.secret import SecretType

if TYPE_CHECKING:
    from infra.operations.member_inputs import MemberInputs

TOP = Path(os.environ["ENGINE_TEST"])
RANGE = TOP / "range"
"""File with the range of pods of the next member, if a test writes one."""


class LocalConnection:
    """A connection to this machine; kubectl, which needs a cluster, always returns one node."""

    def __init__(self, _inputs: MemberInputs, _folder: Path, _known: Path) -> None:
        self.inventory_variables: dict[str, Any] = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
        }
        self.environment: dict[str, str] = {}

    async def execute(self, _machine: str, *command: str) -> processes.Result:
        """Run a command here, except kubectl."""
        if "get" in command:
            given = RANGE.read_text() if RANGE.exists() else "10.93.1.0/24"
            return processes.Result(0, json.dumps({"spec": {"podCIDR": given}}), "")
        return await processes.run(*command)

    def describe(self, machine: str) -> str:
        """Return the name of the machine."""
        return f"{machine}, which is here"

    async def close(self) -> None:
        """Do nothing."""


class FilePort(Port):
    """A port that is a file; it writes to the log too what is done to it."""

    def pairs(self) -> list[str] | None:
        """Return what the file allows."""
        return self.file.read_text().split() if self.file.exists() else None

    def allow(self, *ranges: str) -> None:
        """Allow ranges."""
        self.set(ranges)

    def clear(self) -> None:
        """Allow nothing."""
        self.set(())

    def set(self, ranges: tuple[str, ...]) -> None:
        """Write the ranges to the file and the log."""
        self.file.write_text(" ".join(ranges))
        with (TOP / "log").open("a") as log:
            log.write(f"allow {self.machine} {' '.join(ranges) or 'nothing'}\n")

    @property
    def file(self) -> Path:
        """Path of the file."""
        return TOP / f"port-{self.machine}"


def context(_stack: str) -> OperationContext:
    """Return a context with all files in the folder of the test."""
    known = TOP / "known_hosts"
    known.mkdir(exist_ok=True)
    return OperationContext(known, playbooks=Path(__file__).parent, connect=LocalConnection)


if __name__ == "__main__":
    types = [MemberType(context), AddressPairsType(FilePort), SecretType()]
    asyncio.run(serve(sys.argv[1:], types))
