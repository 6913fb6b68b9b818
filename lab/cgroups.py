"""Control groups of a lab's daemons: created, listed and removed in every v1 hierarchy.

A control group lists every process of a daemon, also after the command that started the daemon was
killed. Machines have control groups too; labcloud makes those, and this module does not import it.
"""

from __future__ import annotations

import errno
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from lab.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["clear", "confined", "exists", "hierarchies", "make", "memory", "processes"]

ROOT = Path("/sys/fs/cgroup")
END_S = 20.0
SHARES = "16384"
"""CPU weight of a lab, which stands for several computers. With the kernel's default of 1024 it
weighed as much as one other process: on a busy host four machines took 40 s to boot, not 12."""
# The shell enters the groups before it executes the program, so that no child is outside them.
ENTER = 'cd /; while [ "$1" != -- ]; do echo $$ > "$1" || exit 1; shift; done; shift; exec "$@"'


def hierarchies() -> list[Path]:
    """Return the mount points of all v1 hierarchies, and of the empty v2 hierarchy."""
    mounts = (line.split() for line in Path("/proc/self/mounts").read_text().splitlines())
    found = {Path(at) for _, at, kind, *_ in mounts if kind in ("cgroup", "cgroup2")}
    return sorted(path for path in found if path.parent == ROOT)


def make(group: str) -> None:
    """Create a group and its parents in every hierarchy."""
    for hierarchy in hierarchies():
        folder = hierarchy
        for part in group.split("/"):
            above, folder = folder, folder / part
            folder.mkdir(exist_ok=True)
            if hierarchy.name == "cpuset":  # a new one is empty and takes no process
                for name in ("cpuset.cpus", "cpuset.mems"):
                    if not (folder / name).read_text().strip():
                        (folder / name).write_text((above / name).read_text())
        site = hierarchy / group.partition("/")[0]  # the parent of all groups of a site
        if (site / "cpu.shares").exists():
            (site / "cpu.shares").write_text(SHARES)


def confined(group: str, command: Iterable[str | Path]) -> list[str]:
    """Return a command that enters an existing group and then executes the given command."""
    entrances = [f"{hierarchy}/{group}/cgroup.procs" for hierarchy in hierarchies()]
    return ["/bin/sh", "-c", ENTER, "enter", *entrances, "--", *map(str, command)]


def exists(group: str) -> bool:
    """Return whether any hierarchy has the group."""
    return any((hierarchy / group).is_dir() for hierarchy in hierarchies())


def processes(group: str) -> set[int]:
    """Return the ids of all processes in a group and in the groups below it."""
    found: set[int] = set()
    for hierarchy in hierarchies():
        for folder, _, _ in os.walk(hierarchy / group):
            with suppress(OSError):  # the group was removed after it was listed
                found.update(map(int, Path(folder, "cgroup.procs").read_text().split()))
    return found - {0, os.getpid()}


def memory(group: str) -> int:
    """Return the memory of a group in bytes, without page cache."""
    try:
        lines = (ROOT / "memory" / group / "memory.stat").read_text().splitlines()
    except OSError:
        return 0
    figures = dict(line.split() for line in lines)
    return int(figures.get("total_rss", 0)) + int(figures.get("total_shmem", 0))


def clear(group: str) -> None:
    """Kill every process of a group, then remove the group and all below it."""
    until(lambda: not _kill(group), f"every process of the group {group} ends", END_S)
    for hierarchy in hierarchies():
        until(
            lambda at=hierarchy / group: _removed(at),  # type: ignore[misc]
            f"the group {hierarchy / group} is removed",
            END_S,
        )


def _kill(group: str) -> set[int]:
    running = processes(group)
    for process in running:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    return running


def _removed(top: Path) -> bool:
    for folder, _, _ in os.walk(top, topdown=False):
        try:
            Path(folder).rmdir()
        except FileNotFoundError:
            continue
        except OSError as busy:
            if busy.errno != errno.EBUSY:
                raise
            return False
    return True
