"""Locks and half-written files that a killed run leaves in Pulumi's file backend."""

from __future__ import annotations

import json
import re
import socket
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from infra.errors import ForegroundError
from infra.operations.processes import start_time

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Lock", "remove_half_written_files", "remove_stale_locks"]

_CLOCK_SLACK: Final = 2.0
"""Seconds by which the kernel's time of a process's start may differ from the one in a lock."""
_TIMESTAMP: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True)
class Lock:
    """A lock of a stack, as Pulumi's file backend writes it.

    Attributes:
        host: Host name of the computer.
        user: User there.
        pid: Pulumi's process there.
        since: When the run began, in seconds of Unix time.
    """

    host: str
    user: str
    pid: int
    since: float

    @classmethod
    def parsed(cls, text: str) -> Lock:
        """Parse a lock's file.

        Raises:
            ForegroundError: The file is not a lock.
        """
        try:
            fields = json.loads(text)
            # Go writes nanoseconds, which Python does not parse
            moment, zone = _TIMESTAMP.fullmatch(fields["timestamp"]).groups()  # type: ignore[union-attr]
            since = datetime.fromisoformat(moment + zone.replace("Z", "+00:00")).timestamp()
            return cls(fields["hostname"], fields["username"], int(fields["pid"]), since)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ForegroundError(
                "The stack is locked, and the lock cannot be read",
                "If no run goes on, type `pulumi cancel --yes`, then the same again",
            ) from None

    def check_dead(self) -> None:
        """Check that the process of the lock has ended.

        Raises:
            ForegroundError: It runs, or it is on another host, where that cannot be known.
        """
        when = datetime.fromtimestamp(self.since, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        if self.host != socket.gethostname():
            raise ForegroundError(
                f"{self.user} on {self.host} works on this stack since {when}",
                "If that is not so any more, type `pulumi cancel --yes`, then the same again",
            )
        began = start_time(self.pid)
        if began is not None and began <= self.since + _CLOCK_SLACK:
            raise ForegroundError(
                f"{self.user} works on this stack since {when} (process {self.pid})",
                f"Wait for its end, or stop it with `kill -INT {self.pid}`",
            )


def remove_stale_locks(folder: Path) -> bool:
    """Remove the locks of runs that were killed on this host; return whether there were any.

    Raises:
        ForegroundError: A run goes on, or may go on on another host.
    """
    locks = {path: Lock.parsed(path.read_text()) for path in sorted(folder.glob("*.json"))}
    for path, lock in locks.items():
        lock.check_dead()
        path.with_name(f"{path.name}.attrs").unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        line = f"the lock of a run that was killed (process {lock.pid}): removed"
        sys.stdout.write(f"resume: {line}\n")
        sys.stdout.flush()
    return bool(locks)


def remove_half_written_files(folder: Path) -> None:
    """Remove files that a killed run wrote only in part; because of them Pulumi reads nothing.

    Its error is "EOF". The states themselves are complete, as Pulumi writes them to another file
    and renames it. It writes attributes in place, and does not need them.
    """
    for path in folder.rglob("*.attrs"):
        try:
            json.loads(path.read_text())
        except ValueError:
            path.unlink(missing_ok=True)
    for path in folder.rglob("*.json.*.tmp"):
        path.unlink(missing_ok=True)
