"""Supervisor of one machine: a process of its own that outlives every restart of Nova.

It starts the machine, starts it again after a reboot from inside, updates the machine's memory
file, and removes the virtual hardware when the machine ends. Nova communicates with it by signals
and by two files in the machine's folder (`description.Layout`): the machine description, and the
process id of the supervisor. It imports the standard library only, and so uses about 12 MiB.

It has a mount namespace of its own, so that its mounts end with it, also after a SIGKILL.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from labcloud.nova import cgroups, devices, hardware, kernel_view, root, shares
from labcloud.nova.description import Layout, Machine, read

if TYPE_CHECKING:
    import socket

__all__ = ["POWER_OFF", "READY", "UNPLUG", "main", "nspawn", "start_time"]

POWER_OFF = signal.SIGTERM
"""Signal for an orderly shutdown of the machine; then the supervisor ends."""
UNPLUG = signal.SIGUSR1
"""Signal that ends the machine immediately, like a power cut."""

HANDLED = {POWER_OFF, UNPLUG, shares.REQUEST, signal.SIGCHLD}
REFRESH = 5.0  # seconds between two updates of the machine's memory file
PATIENCE = 30.0  # seconds for an orderly shutdown, like Nova's shutdown_timeout
GUEST_REBOOTS = 133  # systemd-nspawn's exit status
READY = b"ready\n"
CLONE_NEWNS = 0x00020000
MS_REC_SLAVE = 0x4000 | 0x80000


def main() -> int:
    """Supervise the machine whose folder is the only argument, until it is off."""
    layout = Layout(Path(sys.argv[1]))
    signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED)
    os.umask(0o022)  # the machine's users read files that it writes
    _own_mounts()
    cgroups.join(f"{read(layout.folder).cgroup}/supervisors")
    _record_process(layout)
    while _run(layout):
        pass  # the machine reboots
    layout.state.unlink(missing_ok=True)
    return 0


def start_time(pid: int) -> int | None:
    """Return the start time of a process in kernel ticks; None if it ended or is a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def _record_process(layout: Layout) -> None:
    pid = os.getpid()
    aside = layout.state.with_suffix(".part")
    aside.write_text(json.dumps({"pid": pid, "started": start_time(pid)}))
    aside.rename(layout.state)


def _run(layout: Layout) -> bool:
    """Run the machine until it ends; return whether it reboots."""
    machine = read(layout.folder)
    hardware.dismantle(layout, machine)  # remains of a supervisor that was killed
    try:
        hardware.assemble(layout, machine)
        with shares.listen(layout.given) as listener:
            return _watch(layout, machine, _boot(layout, machine), listener)
    finally:
        hardware.dismantle(layout, read(layout.folder))  # with disks that were attached meanwhile


def _boot(layout: Layout, machine: Machine) -> subprocess.Popen[bytes]:
    def into_the_machine() -> None:
        cgroups.enter(machine)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)

    with layout.console.open("ab") as console:
        guest = subprocess.Popen(
            nspawn(layout, machine),
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            start_new_session=True,
            env={**os.environ, "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"},
            preexec_fn=into_the_machine,  # noqa: PLW1509  # this process has one thread
        )
    _notify_nova(READY)
    return guest


def nspawn(layout: Layout, machine: Machine) -> list[str]:
    """Return the systemd-nspawn command of the machine."""
    binds = [f"{layout.given}:/run/hypervisor"]
    binds += [f"{layout.data / name}:/var/lib/{name}" for name in root.REAL_FOLDERS]
    binds += [f"{layout.devices / name}:/dev/{name}" for name in devices.nodes(machine)]
    return [
        *("systemd-nspawn", "--quiet", "--register=no", "--keep-unit"),
        f"--directory={layout.root}",
        f"--machine={machine.netns}",
        f"--hostname={machine.hostname}",
        f"--uuid={machine.uuid}",
        f"--network-namespace-path=/run/netns/{machine.netns}",
        *("--link-journal=no", "--resolv-conf=off", "--timezone=off", "--console=read-only"),
        *("--kill-signal=SIGRTMIN+3", "--capability=all", "--system-call-filter=@known"),
        *("--bind=/dev/kmsg", "--bind=/dev/fuse"),
        *(f"--bind={bind}" for bind in binds),
        "/run/hypervisor/init",
    ]


def _watch(
    layout: Layout, machine: Machine, guest: subprocess.Popen[bytes], listener: socket.socket
) -> bool:
    """Wait for the end of the machine or a signal of Nova; return whether to start it again."""
    stopping = False
    deadline = float("inf")
    while guest.poll() is None and time.monotonic() < deadline:
        received = signal.sigtimedwait(HANDLED, REFRESH)
        if received is None:
            kernel_view.refresh(layout.given, machine)
        elif received.si_signo == shares.REQUEST:
            shares.serve(listener, layout)
        elif received.si_signo == UNPLUG:
            stopping = True
            break
        elif received.si_signo == POWER_OFF:
            stopping = True
            guest.send_signal(signal.SIGTERM)  # nspawn passes SIGRTMIN+3 on: power off
            deadline = time.monotonic() + PATIENCE
    cgroups.clear(machine.group)
    return guest.wait() == GUEST_REBOOTS and not stopping


def _own_mounts() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) or libc.mount(b"none", b"/", None, MS_REC_SLAVE, None):
        number = ctypes.get_errno()
        raise OSError(number, f"cannot create a mount namespace: {os.strerror(number)}")


def _notify_nova(word: bytes) -> None:
    """Write to the pipe on which Nova waits (standard output), then close it."""
    with suppress(BrokenPipeError):  # Nova may have ended meanwhile
        os.write(1, word)
    silent = os.open(os.devnull, os.O_RDWR)
    os.dup2(silent, 1)
    os.close(silent)


if __name__ == "__main__":
    sys.exit(main())
