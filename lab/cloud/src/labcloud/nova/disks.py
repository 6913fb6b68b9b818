"""Volumes of a machine: attached and detached while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from labcloud.nova import cgroups, description, devices, supervision

if TYPE_CHECKING:
    from labcloud.nova.description import Disk

__all__ = ["attach", "detach"]


def attach(folder: Path, disk: Disk) -> None:
    """Attach a volume to a machine, immediately if it runs, and at every later start."""
    machine = description.read(folder).with_disk(disk)
    description.write(folder, machine)
    first = supervision.inside(folder)
    if first is None:
        return
    loop = devices.loop_attach(disk)
    cgroups.permit(machine, loop.rule, allowed=True)
    devices.show(Path(f"/proc/{first}/root/dev"), disk, loop)


def detach(folder: Path, volume_id: str) -> None:
    """Detach a volume from a machine.

    Raises:
        OSError: EBUSY: The machine still has it mounted; nothing was changed.
    """
    machine = description.read(folder)
    for disk in machine.disks:
        if disk.volume_id != volume_id:
            continue
        loops = [
            loop
            for file, loop in devices.loops_below(Path(disk.file).parent).items()
            if file == disk.file
        ]
        first = supervision.inside(folder)
        if first is not None and any(devices.mounted(first, loop) for loop in loops):
            devices.loop_detach(disk)  # raises EBUSY
        # other machines that mount a folder of it (`shares`) do not prevent a detach
        devices.loop_forget(disk)
        description.write(folder, machine.without_disk(volume_id))
        if first is not None:
            devices.hide(Path(f"/proc/{first}/root/dev"), disk)
            for loop in loops:
                cgroups.permit(machine, loop.rule, allowed=False)
