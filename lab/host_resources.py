"""Host resources that a lab holds: processes, mounts, loop devices, namespaces, listeners."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from lab import cgroups, network

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.instance import LabInstance

__all__ = ["held", "loop_devices", "mounts"]


def held(instance: LabInstance) -> dict[str, list[str]]:
    """Return the existing resources by kind; after `down` there are none."""
    found = {
        "processes": [str(pid) for pid in sorted(cgroups.processes(instance.cgroup))],
        "mounts": [str(at) for at in mounts(instance)],
        "loop devices": [str(device) for device in loop_devices(instance)],
        "network namespaces": [path.name for path in network.namespaces(instance)],
        "control groups": list(_groups(instance)),
        "listeners": list(_listeners(instance)),
        "run folder": [str(instance.run)] if instance.run.exists() else [],
    }
    return {kind: things for kind, things in found.items() if things}


def mounts(instance: LabInstance) -> list[Path]:
    """Return the mount points below the site's folders, the deepest first."""
    tops = (f"{instance.state}/", f"{instance.run}/")
    lines = Path("/proc/self/mounts").read_text().splitlines()
    points = [line.split()[1] for line in lines]
    return [Path(at) for at in sorted(points, reverse=True) if at.startswith(tops)]


def loop_devices(instance: LabInstance) -> list[Path]:
    """Return the loop devices that have a file of the site open."""
    found = []
    for backing in Path("/sys/block").glob("loop*/loop/backing_file"):
        try:
            file = backing.read_text()
        except OSError:
            continue  # it was detached after it was listed
        if file.startswith(f"{instance.state}/"):
            found.append(Path("/dev") / backing.parts[3])
    return found


def _groups(instance: LabInstance) -> Iterator[str]:
    for hierarchy in cgroups.hierarchies():
        for folder, _, _ in os.walk(hierarchy / instance.cgroup):
            yield folder


def _listeners(instance: LabInstance) -> Iterator[str]:
    prefix = str(instance.outside(0)).removesuffix("0")
    shown = subprocess.run(["ss", "-Hltn"], capture_output=True, text=True, check=True).stdout
    for line in shown.splitlines():
        address = line.split()[3]
        if address.startswith(prefix):
            yield address
