"""What a killed run leaves on this host: its lock, and plugins that still do what it asked for."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.errors import ForegroundError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Lock", "end_plugins", "mend", "started"]

_SLACK: Final = 2.0
"""Seconds by which the kernel's clock of starts may differ from the one in a lock."""
_PATIENCE: Final = 10.0
_PAUSE: Final = 0.1
_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)")
_START: Final = 19
"""Place of the start in /proc/PID/stat, counted behind the program's name."""


@dataclass(frozen=True)
class Lock:
    """Who works on a stack, as Pulumi's file backend writes it.

    Attributes:
        host: Where.
        user: Who.
        pid: Pulumi's process there.
        since: When it began, in seconds of Unix time.
    """

    host: str
    user: str
    pid: int
    since: float

    @classmethod
    def parsed(cls, text: str) -> Lock:
        """Read a lock's file.

        Raises:
            ForegroundError: It is none.
        """
        try:
            said = json.loads(text)
            # Go writes nanoseconds, which Python does not read.
            moment, zone = _MOMENT.fullmatch(said["timestamp"]).groups()  # type: ignore[union-attr]
            since = datetime.fromisoformat(moment + zone.replace("Z", "+00:00")).timestamp()
            return cls(said["hostname"], said["username"], int(said["pid"]), since)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ForegroundError(
                "The stack is locked, and the lock cannot be read",
                "If no run goes on, type `pulumi cancel --yes`, then the same again",
            ) from None

    def must_be_dead(self) -> None:
        """Make sure that its process ended.

        Raises:
            ForegroundError: It lives, or that cannot be known here.
        """
        when = datetime.fromtimestamp(self.since, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        if self.host != socket.gethostname():
            raise ForegroundError(
                f"{self.user} on {self.host} works on this stack since {when}",
                "If that is not so any more, type `pulumi cancel --yes`, then the same again",
            )
        began = started(self.pid)
        if began is not None and began <= self.since + _SLACK:
            raise ForegroundError(
                f"{self.user} works on this stack since {when} (process {self.pid})",
                f"Wait for its end, or stop it with `kill -INT {self.pid}`",
            )


def mend(folder: Path) -> None:
    """Remove what was half written into a file backend; Pulumi then reads nothing ("EOF").

    The states themselves are whole: they are written aside, and renamed. Attributes are not, and
    Pulumi has no need of them.
    """
    for path in folder.rglob("*.attrs"):
        try:
            json.loads(path.read_text())
        except ValueError:
            path.unlink(missing_ok=True)
    for path in folder.rglob("*.json.*.tmp"):
        path.unlink(missing_ok=True)


def started(pid: int) -> float | None:
    """Return when a process began, in seconds of Unix time; None if it does not live."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        booted = re.search(r"^btime (\d+)$", Path("/proc/stat").read_text(), re.MULTILINE)
    except OSError:
        return None
    if stat[0] in "ZX" or not booted:
        return None
    return int(booted[1]) + int(stat[_START]) / os.sysconf("SC_CLK_TCK")


def end_plugins(folder: Path) -> int:
    """End the plugins in a folder whose engine is gone; say how many there were.

    A plugin looks for its engine only every few minutes, and meanwhile goes on with the cloud.
    """
    orphans = [pid for pid, engine in _plugins(folder) if not _answers(engine)]
    for wish in (signal.SIGTERM, signal.SIGKILL):
        for pid in orphans:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, wish)
        deadline = time.monotonic() + _PATIENCE
        while any(started(pid) for pid in orphans) and time.monotonic() < deadline:
            time.sleep(_PAUSE)
        if not any(started(pid) for pid in orphans):
            break
    return len(orphans)


def _plugins(folder: Path) -> Iterator[tuple[int, str]]:
    """Yield the processes of plugins, each with its engine's address."""
    for listed in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it ended while we looked
            words = listed.read_bytes().decode(errors="replace").rstrip("\0").split("\0")
            mine = any(word.startswith(f"{folder}/") for word in words[:2])
            if mine and re.fullmatch(r"[\d.]+:\d+", words[-1]):
                yield int(listed.parent.name), words[-1]


def _answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
    except OSError:
        return False
    return True
