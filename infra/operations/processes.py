"""Child processes that never outlive us, whatever sessions and daemons they made of themselves."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["Ended", "adopt_orphans", "descendants", "end", "end_with_parent", "run"]

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36
_PATIENCE: Final = 5.0
"""Seconds that killed processes get to be gone; only the kernel can hold one longer."""


def adopt_orphans() -> None:
    """Become the parent of every daemon below this process.

    SSH masters leave the tree on purpose; this way they are still found in it.
    """
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def end_with_parent() -> None:
    """Get SIGTERM when the thread that started this process ends, however it ends."""
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
            with contextlib.suppress(OSError):  # it ended while we looked
                found += [int(child) for child in listing.read_text().split()]
    return [child for child in found[1:] if _lives(child)]


def _lives(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def end(pid: int) -> None:
    """Kill everything below ``pid``, and whatever it starts meanwhile; return when it is gone."""
    deadline = time.monotonic() + _PATIENCE
    while (living := descendants(pid)) and time.monotonic() < deadline:
        for child in living:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        time.sleep(0.005)  # nothing else may run until they are gone


@dataclass(frozen=True)
class Ended:
    """How a program ended, and what it said."""

    status: int
    out: str
    err: str

    @property
    def last_words(self) -> str:
        """The last line of what it said was wrong."""
        lines = [line.strip() for line in self.err.splitlines() if line.strip()]
        return lines[-1] if lines else f"it ended with {self.status} and no word"


async def run(*command: str, data: str = "") -> Ended:
    """Run a program to its end; kill it and all below it when the caller is cancelled."""
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
        await ended(child)
    return Ended(child.returncode or 0, out.decode(errors="replace"), err.decode(errors="replace"))


async def ended(child: asyncio.subprocess.Process) -> None:
    """Make sure that ``child`` and all below it are gone."""
    if child.returncode is None:
        end(child.pid)
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()
