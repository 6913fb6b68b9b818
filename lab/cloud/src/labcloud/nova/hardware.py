"""Virtual hardware of a machine: control groups, block devices, links, root file system.

It is assembled at each start and dismantled at each end, so that no bridge, rule or mount of a
machine outlives a reboot. Dismantling uses only the machine description, so that it also removes
the remains of a killed supervisor.
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

PATIENCE = 30.0  # the kernel unmounts the file systems of an ended machine late
NSPAWN = Path("/run/systemd/nspawn")


def assemble(layout: Layout, machine: Machine) -> None:
    """Create the virtual hardware of a machine, in the caller's mount namespace."""
    loops = [devices.loop_attach(disk) for disk in machine.disks]
    cgroups.make(machine, devices.permitted(machine, loops))
    _run("ip", "netns", "add", machine.netns)
    with _network_lock(layout):
        for number, vif in enumerate(machine.vifs):
            plug.plug(machine.netns, vif, number)
    root.mount(layout, machine)
    kernel_view.prepare(layout.given, machine, loops)
    devices.make_nodes(layout.devices, machine)


def dismantle(layout: Layout, machine: Machine) -> None:
    """End the processes of a machine and remove its virtual hardware; parts may be missing.

    Raises:
        TimeoutError: A process does not end, or a control group stays busy.
    """
    cgroups.clear(machine.group)  # first, as running processes prevent unmounting
    if layout.root.is_mount():
        _remove_nspawn_lock(layout)
        _run("umount", "--lazy", str(layout.root))
    for disk in machine.disks:
        devices.loop_forget(disk, patience=PATIENCE)
    with _network_lock(layout):
        for vif in machine.vifs:
            plug.unplug(vif)
    if machine.netns_file.exists():
        _run("ip", "netns", "delete", machine.netns)
    if (shared := NSPAWN / "propagate" / machine.netns).is_dir():
        shared.rmdir()


@contextmanager
def _network_lock(layout: Layout) -> Iterator[None]:
    """Lock the bridges: each is created with its first port and deleted with its last."""
    with layout.network_lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _remove_nspawn_lock(layout: Layout) -> None:
    """Remove the lock file of a root, which systemd-nspawn leaves when it is killed."""
    root_folder = layout.root.stat()
    claim = NSPAWN / "locks" / f"inode-{root_folder.st_dev}:{root_folder.st_ino}"
    claim.unlink(missing_ok=True)


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
