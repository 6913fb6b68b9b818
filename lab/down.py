"""`down`: end a site's lab, also one that was half started or lost its processes.

Machines are asked first, while Nova still runs and hears that they are off. Then everything ends
by what the kernel knows of it (groups, mounts, namespaces), not by what some file says.
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
from lab import cgroups, daemon, host, identity, mirror, network
from lab.daemon import Daemon
from lab.left import left, loop_devices, mounts
from lab.waiting import until

if TYPE_CHECKING:
    from lab.instance import Instance
    from lab.progress import Progress

__all__ = ["down"]

ORDERLY_S = 15.0
AT_ONCE_S = 10.0
SUPERVISOR = b"labcloud.nova.supervisor"
# what labcloud's supervisors understand
POWER_OFF, UNPLUG = signal.SIGTERM, signal.SIGUSR1


def down(instance: Instance, progress: Progress) -> None:
    """End everything of the lab; the site's state stays.

    Raises:
        ForegroundError: something does not go; it is named.
    """
    if machines := _supervisors(instance):
        progress.say(f"{len(machines)} machines are asked to power off")
        _end_machines(instance)
        progress.say("machines are off, and after the next up: openstack server start <name>")
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
    host.give_back(instance.site)
    if remains := left(instance):
        raise ForegroundError(
            f"the lab of {instance.site} is not wholly gone",
            f"python -m lab down {instance.site}",
            details=[f"{kind}: {', '.join(things)}" for kind, things in remains.items()],
        )
    progress.say(
        f"nothing is left of the lab of {instance.site}: no process, mount, loop device, "
        f"namespace, control group or listener; its state is in {instance.state}"
    )


def _supervisors(instance: Instance) -> list[int]:
    found = []
    for pid in cgroups.processes(f"{instance.cgroup}/supervisors"):
        with suppress(OSError):  # it ended between the two looks
            # its children, ip and umount, are to finish what they do
            if SUPERVISOR in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return found


def _end_machines(instance: Instance) -> None:
    for wish, patience in ((POWER_OFF, ORDERLY_S), (UNPLUG, AT_ONCE_S)):
        for pid in _supervisors(instance):
            with suppress(ProcessLookupError):
                os.kill(pid, wish)
        with suppress(ForegroundError):  # then the next wish, or the control group's end
            until(lambda: not _supervisors(instance), "machines power off", patience)


def _end_daemons(instance: Instance) -> None:
    """Ask all of them before waiting for the first."""
    daemons = [Daemon(instance, name) for name in daemon.names(instance)]
    for one in daemons:
        if pid := one.process():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
    for one in daemons:
        one.stop()


def _unmount(instance: Instance) -> None:
    for at in mounts(instance):
        subprocess.run(["umount", "--lazy", at], check=False, capture_output=True)
    for device in loop_devices(instance):
        subprocess.run(["losetup", "--detach", device], check=False, capture_output=True)
    with suppress(ForegroundError):  # `left` says which one stays
        until(lambda: not loop_devices(instance), "loop devices go", AT_ONCE_S)
