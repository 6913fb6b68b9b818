"""Virtual hardware of a machine: control groups, block devices, links, root file system.

All of it is assembled at each start and dismantled at each end, as on iron: a reboot leaves no
bridge, no rule and no mount of the machine's own. Dismantling knows what there may be from the
description alone, so that it also clears away what a killed supervisor has left.
"""

from __future__ import annotations

import fcntl
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from labcloud.neutron import plug
from labcloud.nova import cgroups, devices, kernel_view, root

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labcloud.nova.description import Layout, Machine

__all__ = ["assemble", "dismantle"]

PATIENCE = 30.0  # the kernel unmounts a dead machine's file systems in its own time
NSPAWN = Path("/run/systemd/nspawn")


def assemble(layout: Layout, machine: Machine) -> None:
    """Make everything that a machine runs on, in the caller's mount namespace."""
    loops = [devices.loop_attach(disk) for disk in machine.disks]
    cgroups.make(machine, devices.permitted(machine, loops))
    _run("ip", "netns", "add", machine.netns)
    with _one_plugs_at_a_time(layout):
        for number, vif in enumerate(machine.vifs):
            plug.plug(machine.netns, vif, number)
    root.mount(layout, machine)
    kernel_view.prepare(layout.given, machine, loops)
    devices.make_nodes(layout.devices, machine)


def dismantle(layout: Layout, machine: Machine) -> None:
    """End what still runs of a machine and take away all that it ran on; nothing need be there.

    Raises:
        TimeoutError: a process does not die, or a group does not go.
    """
    cgroups.clear(machine.group)  # first of all, or nothing can be unmounted
    if layout.root.is_mount():
        _forget_lock(layout)
        _run("umount", "--lazy", str(layout.root))
    for disk in machine.disks:
        devices.loop_forget(disk, patience=PATIENCE)
    with _one_plugs_at_a_time(layout):
        for vif in machine.vifs:
            plug.unplug(vif)
    if machine.netns_file.exists():
        _run("ip", "netns", "delete", machine.netns)
    if (shared := NSPAWN / "propagate" / machine.netns).is_dir():
        shared.rmdir()


@contextmanager
def _one_plugs_at_a_time(layout: Layout) -> Iterator[None]:
    """A bridge comes with its first port and goes with its last, whoever's supervisor that is."""
    with layout.network_lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _forget_lock(layout: Layout) -> None:
    """A systemd-nspawn that was killed leaves the file by which it claimed its root."""
    root_folder = layout.root.stat()
    claim = NSPAWN / "locks" / f"inode-{root_folder.st_dev}:{root_folder.st_ino}"
    claim.unlink(missing_ok=True)


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
