"""Control groups of a machine: the limits of its flavor, in every v1 hierarchy.

The limits are set on the machine's group. Its processes are in the group ``inside`` below; the
cgroup namespace of systemd-nspawn hides everything above.
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
    """Return the limits of a machine's flavor, by hierarchy and file."""
    return {
        "memory": {"memory.limit_in_bytes": machine.memory_mib << 20},
        "cpu": {
            "cpu.cfs_period_us": PERIOD_US,
            "cpu.cfs_quota_us": machine.vcpus * PERIOD_US,
        },
        "pids": {"pids.max": PROCESSES},
    }


def cpus(machine: Machine, host: list[int]) -> list[int]:
    """Return the host's processors that a machine may use, at most as many as its flavor has.

    They depend on the UUID, so that small machines are spread and always use the same ones.
    """
    if machine.vcpus >= len(host):
        return host
    first = int(machine.short, 16) % len(host)
    return sorted((host + host)[first : first + machine.vcpus])


def host_cpus() -> list[int]:
    """Return the processors that this process may use."""
    return sorted(os.sched_getaffinity(0))


def make(machine: Machine, devices: Iterable[str]) -> None:
    """Create the machine's groups, with its limits and device permissions."""
    for hierarchy in hierarchies():
        outer = _folder(hierarchy, machine.group)
        if hierarchy.name == "devices":  # before it has children: with children EINVAL
            _put(outer / "devices.deny", "a")
            for rule in devices:
                _put(outer / "devices.allow", rule)
        if hierarchy.name == "cpuset":
            _put(outer / "cpuset.cpus", ",".join(map(str, cpus(machine, host_cpus()))))
        for name, value in limits(machine).get(hierarchy.name, {}).items():
            _put(outer / name, str(value))
        _folder(hierarchy, f"{machine.group}/{INSIDE}")


def enter(machine: Machine) -> None:
    """Move the calling process into the machine's groups; its children inherit them."""
    join(f"{machine.group}/{INSIDE}")


def join(group: str) -> None:
    """Move the calling process into a group of every hierarchy; create missing groups."""
    for hierarchy in hierarchies():
        _put(_folder(hierarchy, group) / "cgroup.procs", str(os.getpid()))


def permit(machine: Machine, rule: str, *, allowed: bool) -> None:
    """Allow or deny a running machine to open one device.

    A v1 group copies the list of its parent when it is created, so the rule is written to every
    group of the machine's systemd. Groups of containers have lists of their own and are left out.
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
    """Return the memory statistics of the machine's group, in bytes."""
    folder = ROOT / "memory" / machine.group
    pairs = (line.split() for line in (folder / "memory.stat").read_text().splitlines())
    return {name: int(value) for name, value in pairs}


def memory_used(machine: Machine) -> int:
    """Return all memory that is charged to the machine's group, kernel memory included."""
    return int((ROOT / "memory" / machine.group / "memory.usage_in_bytes").read_text())


def processes(group: str) -> set[int]:
    """Return all processes of a group and of the groups below it."""
    found: set[int] = set()
    for hierarchy in hierarchies():
        for folder, _, _ in os.walk(hierarchy / group):
            try:
                listed = Path(folder, "cgroup.procs").read_text()
            except OSError:
                continue  # the group was removed after it was listed
            found.update(int(pid) for pid in listed.split())
    return found - {0, os.getpid()}


def clear(group: str) -> None:
    """End every process of a group, then remove the group and all below it.

    Raises:
        TimeoutError: A process does not end, or a group stays busy.
    """
    deadline = time.monotonic() + PATIENCE
    while running := processes(group):
        for pid in running:
            _kill(pid)
        _pause(deadline, f"processes {sorted(running)} of {group} do not end")
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
    descriptor = os.open(path, os.O_WRONLY)  # a control file: nothing to create or truncate
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
