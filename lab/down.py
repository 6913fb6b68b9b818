"""`down` command: end every process of a lab and release all that it holds on the host.

Machines are powered off first, while Nova still runs and learns of it. Everything else is found by
kernel objects (control groups, mounts, namespaces), not by files, so that a lab that was started
only in part or that lost processes ends too.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from infra.errors import ForegroundError
from lab import cgroups, daemon, host_settings, identity, mirror, network
from lab.daemon import Daemon
from lab.host_resources import held, loop_devices, mounts
from lab.waiting import until

if TYPE_CHECKING:
    from lab.instance import LabInstance
    from lab.progress import Progress

__all__ = ["down"]

ORDERLY_S = 15.0
AT_ONCE_S = 10.0
SUPERVISOR = b"labcloud.nova.supervisor"
# signals that a supervisor of labcloud handles
POWER_OFF, UNPLUG = signal.SIGTERM, signal.SIGUSR1


def down(instance: LabInstance, progress: Progress) -> None:
    """End everything of the lab; the site's state stays.

    Raises:
        ForegroundError: Something remains; the error names it.
    """
    if machines := _supervisors(instance):
        progress.say(f"powering off {len(machines)} machines")
        _end_machines(instance)
        progress.say(
            "machines are off; to start one after the next up: openstack server start <name>"
        )
    if running := daemon.names(instance):
        identity.down(instance)
        mirror.down(instance)
        _end_daemons(instance)
        progress.say(f"ended: {', '.join(running)}")
    if cgroups.exists(instance.cgroup):
        cgroups.clear(instance.cgroup)
    _unmount(instance)
    network.remove(instance)
    shutil.rmtree(instance.run, ignore_errors=True)
    host_settings.restore(instance.site)
    if remains := held(instance):
        raise ForegroundError(
            f"the lab of {instance.site} could not be removed completely",
            f"python -m lab down {instance.site}",
            details=[f"{kind}: {', '.join(things)}" for kind, things in remains.items()],
        )
    progress.say(
        f"nothing is left of the lab of {instance.site}: no process, mount, loop device, "
        f"namespace, control group or listener; its state is in {instance.state}"
    )


def _supervisors(instance: LabInstance) -> list[int]:
    found = []
    for pid in cgroups.processes(f"{instance.cgroup}/supervisors"):
        with suppress(OSError):  # it ended after it was listed
            # only the supervisor gets the signal: its children, ip and umount, must finish
            if SUPERVISOR in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return found


def _end_machines(instance: LabInstance) -> None:
    for signal_number, patience in ((POWER_OFF, ORDERLY_S), (UNPLUG, AT_ONCE_S)):
        for pid in _supervisors(instance):
            with suppress(ProcessLookupError):
                os.kill(pid, signal_number)
        with suppress(ForegroundError):  # then the next signal, or SIGKILL for the control group
            until(lambda: not _supervisors(instance), "machines power off", patience)


def _end_daemons(instance: LabInstance) -> None:
    """Send SIGTERM to all daemons, then wait for each."""
    daemons = [Daemon(instance, name) for name in daemon.names(instance)]
    for one in daemons:
        if pid := one.process():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
    for one in daemons:
        one.stop()


def _unmount(instance: LabInstance) -> None:
    for at in mounts(instance):
        subprocess.run(["umount", "--lazy", at], check=False, capture_output=True)
    for device in loop_devices(instance):
        subprocess.run(["losetup", "--detach", device], check=False, capture_output=True)
    with suppress(ForegroundError):  # the check at the end names those that remain
        until(lambda: not loop_devices(instance), "loop devices are detached", AT_ONCE_S)
