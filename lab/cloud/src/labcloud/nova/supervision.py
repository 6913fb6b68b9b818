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

__all__ = ["MachineError", "find", "inside", "send", "start", "stop", "wait"]

START_PATIENCE = 60.0
TAIL = 2000


class MachineError(Exception):
    """A machine could not be started, or does not stop."""


def start(folder: Path) -> None:
    """Start a machine's supervisor; return when the machine boots.

    Raises:
        MachineError: It did not boot; the error has the end of the supervisor's log.
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
            start_new_session=True,  # it must outlive Nova
        )
    os.close(writer)
    threading.Thread(target=process.wait, name=f"reap {folder.name}", daemon=True).start()
    with os.fdopen(reader, "rb") as pipe:
        ready, _, _ = select.select([pipe], [], [], START_PATIENCE)
        if not ready or pipe.read(len(supervisor.READY)) != supervisor.READY:
            raise MachineError(f"machine {folder.name} did not start: {_tail(log)}")


def find(folder: Path) -> int | None:
    """Return the process id of a machine's supervisor; None means that the machine is off.

    The start time is compared too, as another process may have the id now.
    """
    try:
        recorded = json.loads(Layout(folder).state.read_text())
    except FileNotFoundError:
        return None
    pid = int(recorded["pid"])
    return pid if supervisor.start_time(pid) == recorded["started"] else None


def send(folder: Path, number: signal.Signals) -> None:
    """Send a signal to a machine's supervisor, if the machine runs."""
    if pid := find(folder):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return


def wait(folder: Path, patience: float | None) -> bool:
    """Wait until a machine is off, without a limit if patience is None; return whether it is."""
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
    """Stop a machine: an orderly shutdown if there is patience, then immediately.

    Raises:
        MachineError: The supervisor does not end.
    """
    if patience:
        send(folder, supervisor.POWER_OFF)
        wait(folder, patience)
    send(folder, supervisor.UNPLUG)
    if not wait(folder, supervisor.PATIENCE):
        raise MachineError(f"the supervisor of machine {folder.name} does not end")
    layout = Layout(folder)
    hardware.dismantle(layout, read(folder))  # remains of a supervisor that was killed
    layout.state.unlink(missing_ok=True)


def inside(folder: Path) -> int | None:
    """Return the process id of a running machine's init; wait for it while the machine boots."""
    group = read(folder).group
    deadline = time.monotonic() + START_PATIENCE
    while find(folder) is not None and time.monotonic() < deadline:
        if (pid := first_process.find(group)) is not None:
            return pid
        time.sleep(cgroups.PAUSE)
    return None


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-TAIL:].strip() or "its log is empty"
