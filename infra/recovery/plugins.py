"""Pulumi plugins that outlive a killed engine and go on changing the cloud: find and end them."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.operations.processes import start_time

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["end_plugins"]

_DEADLINE: Final = 10.0
"""Seconds in which plugins must end after each signal."""
_INTERVAL: Final = 0.1


def end_plugins(folder: Path) -> int:
    """End the plugins in a folder whose engine has ended; return how many there were.

    A plugin itself checks only every few minutes whether its engine still runs.
    """
    orphans = [pid for pid, engine in _plugins(folder) if not _listens(engine)]
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in orphans:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + _DEADLINE
        while any(start_time(pid) for pid in orphans) and time.monotonic() < deadline:
            time.sleep(_INTERVAL)
        if not any(start_time(pid) for pid in orphans):
            break
    return len(orphans)


def _plugins(folder: Path) -> Iterator[tuple[int, str]]:
    """Yield the processes of plugins, each with the address of its engine."""
    for listed in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # the process has ended by now
            words = listed.read_bytes().decode(errors="replace").rstrip("\0").split("\0")
            is_plugin = any(word.startswith(f"{folder}/") for word in words[:2])
            if is_plugin and re.fullmatch(r"[\d.]+:\d+", words[-1]):
                yield int(listed.parent.name), words[-1]


def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
    except OSError:
        return False
    return True
