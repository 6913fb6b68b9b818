"""Client of a machine's supervisor: starts, finds, signals and awaits it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

from labcloud.nova import cgroups, first_process, hardware, supervisor
from labcloud.nova.description import Layout, read

if TYPE_CHECKING:
    import signal
    from pathlib import Path

__all__ = ["MachineError", "ask", "find", "inside", "start", "stop", "wait"]

START_PATIENCE = 60.0
TAIL = 2000


class MachineError(Exception):
    """A machine could not be started, or does not end."""


def start(folder: Path) -> None:
    """Start a machine's supervisor; return when its machine boots.

    Raises:
        MachineError: it did not come so far; the supervisor's own words say why.
    """
    if find(folder) is not None:
        return
    reader, writer = os.pipe()
    log = folder / "supervisor.log"
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "labcloud.nova.supervisor", os.fspath(folder)],
            stdin=subprocess.DEVNULL,
            stdout=writer,
            stderr=errors,
            start_new_session=True,  # Nova's end is not its end
        )
    os.close(writer)
    threading.Thread(target=process.wait, name=f"reap {folder.name}", daemon=True).start()
    with os.fdopen(reader, "rb") as heard:
        ready, _, _ = select.select([heard], [], [], START_PATIENCE)
        if not ready or heard.read(len(supervisor.READY)) != supervisor.READY:
            raise MachineError(f"machine {folder.name} did not start: {_tail(log)}")


def find(folder: Path) -> int | None:
    """Return the process that supervises a machine, or None: then the machine is off.

    A process id alone could be somebody else's by now; with its start time it cannot.
    """
    try:
        told = json.loads(Layout(folder).state.read_text())
    except FileNotFoundError:
        return None
    pid = int(told["pid"])
    return pid if supervisor.start_time(pid) == told["started"] else None


def ask(folder: Path, wish: signal.Signals) -> None:
    """Send a wish to a machine's supervisor, if the machine runs."""
    if pid := find(folder):
        try:
            os.kill(pid, wish)
        except ProcessLookupError:
            return


def wait(folder: Path, patience: float | None) -> bool:
    """Wait until a machine is off, for ever if need be; return whether it is."""
    pid = find(folder)
    if pid is None:
        return True
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        ended, _, _ = select.select([descriptor], [], [], patience)
    finally:
        os.close(descriptor)
    return bool(ended)


def stop(folder: Path, patience: float) -> None:
    """Bring a machine down: orderly if it has the time, then at once, and whole.

    Raises:
        MachineError: something of it does not end.
    """
    if patience:
        ask(folder, supervisor.POWER_OFF)
        wait(folder, patience)
    ask(folder, supervisor.UNPLUG)
    if not wait(folder, supervisor.PATIENCE):
        raise MachineError(f"the supervisor of machine {folder.name} does not end")
    layout = Layout(folder)
    hardware.dismantle(layout, read(folder))  # what a supervisor that was killed has left
    layout.state.unlink(missing_ok=True)


def inside(folder: Path) -> int | None:
    """Return the first process of a running machine: the way to its files and mounts."""
    group = read(folder).group
    deadline = time.monotonic() + START_PATIENCE
    while find(folder) is not None and time.monotonic() < deadline:
        if (pid := first_process.find(group)) is not None:
            return pid
        time.sleep(cgroups.PAUSE)
    return None


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-TAIL:].strip() or "it said nothing"
