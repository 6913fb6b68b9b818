"""Child processes: run them, find all descendants, end them together with this process."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import re
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = [
    "Result",
    "adopt_orphans",
    "descendants",
    "end",
    "end_child",
    "end_with_parent",
    "run",
    "start_time",
]

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36
_DEADLINE: Final = 5.0
"""Seconds in which killed processes must be gone; only the kernel can hold one longer."""
_START_FIELD: Final = 19
"""Index of the start time in /proc/PID/stat, counted after the program's name."""


def adopt_orphans() -> None:
    """Become the parent of every daemon below this process.

    SSH's masters leave the process tree on purpose; as our children they are still found in it.
    """
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def end_with_parent() -> None:
    """Receive SIGTERM when the thread that started this process ends, however it ends."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def descendants(pid: int) -> list[int]:
    """Return the living processes below ``pid``, nearest first."""
    found = [pid]
    for parent in found:
        for listing in Path(f"/proc/{parent}/task").glob("*/children"):
            with contextlib.suppress(OSError):  # the process has ended by now
                found += [int(child) for child in listing.read_text().split()]
    return [child for child in found[1:] if _status(child)]


def _status(pid: int) -> list[str] | None:
    """Return the fields of /proc/PID/stat after the name; None if the process has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields


def start_time(pid: int) -> float | None:
    """Return when a process began, in seconds of Unix time; None if it has ended."""
    fields = _status(pid)
    booted = re.search(r"^btime (\d+)$", Path("/proc/stat").read_text(), re.MULTILINE)
    if not fields or not booted:
        return None
    return int(booted[1]) + int(fields[_START_FIELD]) / os.sysconf("SC_CLK_TCK")


def end(pid: int) -> None:
    """Kill all processes below ``pid``, also new ones; return when all have ended."""
    deadline = time.monotonic() + _DEADLINE
    while (living := descendants(pid)) and time.monotonic() < deadline:
        for child in living:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        time.sleep(0.005)  # blocks on purpose: nothing else may run until they are gone


@dataclass(frozen=True)
class Result:
    """Exit status and output of a program."""

    status: int
    out: str
    err: str

    @property
    def last_line(self) -> str:
        """The last line of standard error, for a message."""
        lines = [line.strip() for line in self.err.splitlines() if line.strip()]
        return lines[-1] if lines else f"it ended with {self.status} and printed no error"


async def run(*command: str, data: str = "") -> Result:
    """Run a program to its end; kill it and all below it if the caller is cancelled.

    Args:
        command: Program and arguments.
        data: Its standard input.
    """
    child = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        out, err = await child.communicate(data.encode())
    finally:
        await end_child(child)
    return Result(
        child.returncode or 0, out.decode(errors="replace"), err.decode(errors="replace")
    )


async def end_child(child: asyncio.subprocess.Process) -> None:
    """End ``child`` and all processes below it, if it has not ended by itself."""
    if child.returncode is None:
        end(child.pid)
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()
