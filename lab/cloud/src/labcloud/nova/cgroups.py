"""Control groups of a machine: the limits of its flavor, in every v1 hierarchy.

The limits lie on the machine's own group; the machine lives in ``inside`` below it and, by
systemd-nspawn's cgroup namespace, sees nothing above that.
"""

from __future__ import annotations

import errno
import os
import signal
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from labcloud.nova.description import Machine

__all__ = [
    "clear",
    "cpus",
    "enter",
    "host_cpus",
    "join",
    "limits",
    "make",
    "memory_used",
    "permit",
    "processes",
    "usage",
]

ROOT = Path("/sys/fs/cgroup")
INSIDE = "inside"
PERIOD_US = 100_000
PROCESSES = 16384
PATIENCE = 20.0
PAUSE = 0.02
SYSTEMD_SUFFIXES = (".service", ".slice", ".scope")


@cache
def hierarchies() -> tuple[Path, ...]:
    """Return the mount points of every hierarchy of this host, the empty v2 one included."""
    mounts = (line.split() for line in Path("/proc/self/mounts").read_text().splitlines())
    found = {Path(at) for _, at, kind, *_ in mounts if kind in ("cgroup", "cgroup2")}
    return tuple(sorted(path for path in found if path.parent == ROOT))


def limits(machine: Machine) -> dict[str, dict[str, int]]:
    """Say what the flavor means to the kernel, by hierarchy and file."""
    return {
        "memory": {"memory.limit_in_bytes": machine.memory_mib << 20},
        "cpu": {
            "cpu.cfs_period_us": PERIOD_US,
            "cpu.cfs_quota_us": machine.vcpus * PERIOD_US,
        },
        "pids": {"pids.max": PROCESSES},
    }


def cpus(machine: Machine, host: list[int]) -> list[int]:
    """Choose the host's processors that a machine sees: as many as its flavor has, if there are.

    Which ones is decided by the UUID, so that small machines spread and keep theirs.
    """
    if machine.vcpus >= len(host):
        return host
    first = int(machine.short, 16) % len(host)
    return sorted((host + host)[first : first + machine.vcpus])


def host_cpus() -> list[int]:
    """Return the processors that this process may use."""
    return sorted(os.sched_getaffinity(0))


def make(machine: Machine, devices: Iterable[str]) -> None:
    """Make the machine's groups anew, with its limits and the devices that it may open."""
    for hierarchy in hierarchies():
        outer = _folder(hierarchy, machine.group)
        if hierarchy.name == "devices":  # once a group has children, the kernel says EINVAL
            _put(outer / "devices.deny", "a")
            for rule in devices:
                _put(outer / "devices.allow", rule)
        if hierarchy.name == "cpuset":
            _put(outer / "cpuset.cpus", ",".join(map(str, cpus(machine, host_cpus()))))
        for name, value in limits(machine).get(hierarchy.name, {}).items():
            _put(outer / name, str(value))
        _folder(hierarchy, f"{machine.group}/{INSIDE}")


def enter(machine: Machine) -> None:
    """Put the calling process into the machine's groups; all that it starts stays there."""
    join(f"{machine.group}/{INSIDE}")


def join(group: str) -> None:
    """Put the calling process into a group of every hierarchy, made if need be."""
    for hierarchy in hierarchies():
        _put(_folder(hierarchy, group) / "cgroup.procs", str(os.getpid()))


def permit(machine: Machine, rule: str, *, allowed: bool) -> None:
    """Let a running machine open one device more, or no longer.

    A v1 child keeps the list it was born with, so every group of the machine's own systemd is
    told; those of containers are not: they have lists of their own.
    """
    verb = "devices.allow" if allowed else "devices.deny"
    for hierarchy in hierarchies():
        if hierarchy.name != "devices":
            continue
        outer = hierarchy / machine.group
        _put(outer / verb, rule)
        for folder in _systemd_groups(outer / INSIDE):
            try:
                _put(folder / verb, rule)
            except FileNotFoundError:
                continue  # the unit has ended meanwhile


def usage(machine: Machine) -> dict[str, int]:
    """Return the kernel's own account of the machine's memory, in bytes."""
    folder = ROOT / "memory" / machine.group
    pairs = (line.split() for line in (folder / "memory.stat").read_text().splitlines())
    return {name: int(value) for name, value in pairs}


def memory_used(machine: Machine) -> int:
    """Return all memory that is charged to the machine, the kernel's on its behalf included."""
    return int((ROOT / "memory" / machine.group / "memory.usage_in_bytes").read_text())


def processes(group: str) -> set[int]:
    """Return all processes of a group and of the groups below it."""
    found: set[int] = set()
    for hierarchy in hierarchies():
        for folder, _, _ in os.walk(hierarchy / group):
            try:
                listed = Path(folder, "cgroup.procs").read_text()
            except OSError:
                continue  # it went between the two looks
            found.update(int(pid) for pid in listed.split())
    return found - {0, os.getpid()}


def clear(group: str) -> None:
    """End every process of a group, then remove the group and all below it.

    Raises:
        TimeoutError: something does not die, or a group does not go.
    """
    deadline = time.monotonic() + PATIENCE
    while left := processes(group):
        for pid in left:
            _kill(pid)
        _pause(deadline, f"processes {sorted(left)} of {group} do not end")
    for hierarchy in hierarchies():
        for folder, _, _ in os.walk(hierarchy / group, topdown=False):
            _remove(Path(folder), deadline)


def _systemd_groups(top: Path) -> Iterator[Path]:
    yield top
    for folder, children, _ in os.walk(top):
        children[:] = [name for name in children if name.endswith(SYSTEMD_SUFFIXES)]
        for name in children:
            yield Path(folder, name)


def _folder(hierarchy: Path, group: str) -> Path:
    folder = hierarchy
    for part in group.split("/"):
        parent, folder = folder, folder / part
        folder.mkdir(exist_ok=True)
        if hierarchy.name == "cpuset":  # a new one is empty and takes no process
            for name in ("cpuset.cpus", "cpuset.mems"):
                if not (folder / name).read_text().strip():
                    _put(folder / name, (parent / name).read_text().strip())
    return folder


def _put(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)  # no O_CREAT, no O_TRUNC: these are no files
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _remove(folder: Path, deadline: float) -> None:
    while True:
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError as busy:
            if busy.errno != errno.EBUSY:
                raise
            _pause(deadline, f"{folder} stays busy")
        else:
            return


def _pause(deadline: float, what: str) -> None:
    if time.monotonic() > deadline:
        raise TimeoutError(what)
    time.sleep(PAUSE)
