"""Supervisor of one machine: a process of its own that outlives every restart of Nova.

It starts the machine, starts it again when the machine itself says reboot, keeps its view of the
memory up to date, and takes everything away when the machine ends. Nova talks to it by signals
and by two files in the machine's folder (`description.Layout`): what Nova wants, and which
process supervises. Only the standard library is loaded: it costs about 12 MiB.

Its mount namespace is its own, so whatever it mounts goes with it, even after a SIGKILL.
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
"""The machine is asked to end its services; then its supervisor ends."""
UNPLUG = signal.SIGUSR1
"""The machine ends at once, as by a pulled plug."""

ASKED = {POWER_OFF, UNPLUG}
HEARD = {*ASKED, shares.ASKED, signal.SIGCHLD}
REFRESH = 5.0  # seconds between two looks at the machine's memory
PATIENCE = 30.0  # for an orderly end, as Nova's own shutdown_timeout before it pulls the plug
GUEST_ASKS_REBOOT = 133  # systemd-nspawn's exit status
READY = b"ready\n"
CLONE_NEWNS = 0x00020000
MS_REC_SLAVE = 0x4000 | 0x80000


def main() -> int:
    """Supervise the machine whose folder is the only argument, until it is off."""
    layout = Layout(Path(sys.argv[1]))
    signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
    os.umask(0o022)  # what it writes for the machine is read by the machine's users
    _own_mounts()
    cgroups.join(f"{read(layout.folder).cgroup}/supervisors")
    _say_who_supervises(layout)
    while _run(layout):
        pass  # the machine said reboot
    layout.state.unlink(missing_ok=True)
    return 0


def start_time(pid: int) -> int | None:
    """Return when a process began, in the kernel's ticks, or None if it is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def _say_who_supervises(layout: Layout) -> None:
    pid = os.getpid()
    aside = layout.state.with_suffix(".part")
    aside.write_text(json.dumps({"pid": pid, "started": start_time(pid)}))
    aside.rename(layout.state)


def _run(layout: Layout) -> bool:
    """Run the machine once; return whether it wants to be started again."""
    machine = read(layout.folder)
    hardware.dismantle(layout, machine)  # what a supervisor that was killed has left
    try:
        hardware.assemble(layout, machine)
        with shares.listen(layout.given) as listener:
            return _watch(layout, machine, _boot(layout, machine), listener)
    finally:
        hardware.dismantle(layout, read(layout.folder))  # disks may have come or gone meanwhile


def _boot(layout: Layout, machine: Machine) -> subprocess.Popen[bytes]:
    def into_the_machine() -> None:
        cgroups.enter(machine)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)

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
    _tell_nova(READY)
    return guest


def nspawn(layout: Layout, machine: Machine) -> list[str]:
    """Return the command that is the machine."""
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
    """Wait for the machine's own end or for a wish of Nova's; return whether to start again."""
    asked = False
    deadline = float("inf")
    while guest.poll() is None and time.monotonic() < deadline:
        heard = signal.sigtimedwait(HEARD, REFRESH)
        if heard is None:
            kernel_view.refresh(layout.given, machine)
        elif heard.si_signo == shares.ASKED:
            shares.answer(listener, layout)
        elif heard.si_signo == UNPLUG:
            asked = True
            break
        elif heard.si_signo == POWER_OFF:
            asked = True
            guest.send_signal(signal.SIGTERM)  # nspawn passes SIGRTMIN+3 on: power off
            deadline = time.monotonic() + PATIENCE
    cgroups.clear(machine.group)
    return guest.wait() == GUEST_ASKS_REBOOT and not asked


def _own_mounts() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) or libc.mount(b"none", b"/", None, MS_REC_SLAVE, None):
        number = ctypes.get_errno()
        raise OSError(number, f"no mount namespace of its own: {os.strerror(number)}")


def _tell_nova(word: bytes) -> None:
    """Write to the pipe that is standard output while Nova waits, then let go of it."""
    with suppress(BrokenPipeError):  # Nova may have ended meanwhile; the machine has not
        os.write(1, word)
    silent = os.open(os.devnull, os.O_RDWR)
    os.dup2(silent, 1)
    os.close(silent)


if __name__ == "__main__":
    sys.exit(main())
