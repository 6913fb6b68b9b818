"""Control groups of the lab's own processes, the same in every v1 hierarchy of the host.

A group tells for sure what belongs to a daemon, also after a `kill -9` of whoever started it.
Machines have groups of their own beside these, made by labcloud, which is never imported here.
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
"""A site is many computers: at the kernel's 1024 it would weigh as much as one process beside it,
and four machines that boot at once took 40 s instead of 12 on a busy host."""
# The process enters its groups before it becomes the program: none of its children is outside.
ENTER = 'cd /; while [ "$1" != -- ]; do echo $$ > "$1" || exit 1; shift; done; shift; exec "$@"'


def hierarchies() -> list[Path]:
    """Return the mount points of every hierarchy, v1's and the empty v2 one beside them."""
    mounts = (line.split() for line in Path("/proc/self/mounts").read_text().splitlines())
    found = {Path(at) for _, at, kind, *_ in mounts if kind in ("cgroup", "cgroup2")}
    return sorted(path for path in found if path.parent == ROOT)


def make(group: str) -> None:
    """Make a group, and those above it, in every hierarchy."""
    for hierarchy in hierarchies():
        folder = hierarchy
        for part in group.split("/"):
            above, folder = folder, folder / part
            folder.mkdir(exist_ok=True)
            if hierarchy.name == "cpuset":  # a new one is empty and takes no process
                for name in ("cpuset.cpus", "cpuset.mems"):
                    if not (folder / name).read_text().strip():
                        (folder / name).write_text((above / name).read_text())
        site = hierarchy / group.partition("/")[0]  # its own group, which holds all others of it
        if (site / "cpu.shares").exists():
            (site / "cpu.shares").write_text(SHARES)


def confined(group: str, command: Iterable[str | Path]) -> list[str]:
    """Return a command that enters a group, which is there, and then becomes the given one."""
    entrances = [f"{hierarchy}/{group}/cgroup.procs" for hierarchy in hierarchies()]
    return ["/bin/sh", "-c", ENTER, "enter", *entrances, "--", *map(str, command)]


def exists(group: str) -> bool:
    """Tell whether any hierarchy has the group."""
    return any((hierarchy / group).is_dir() for hierarchy in hierarchies())


def processes(group: str) -> set[int]:
    """Return all processes of a group and of the groups below it."""
    found: set[int] = set()
    for hierarchy in hierarchies():
        for folder, _, _ in os.walk(hierarchy / group):
            with suppress(OSError):  # it went between the two looks
                found.update(map(int, Path(folder, "cgroup.procs").read_text().split()))
    return found - {0, os.getpid()}


def memory(group: str) -> int:
    """Return how many bytes of memory the processes of a group hold, page cache left out."""
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
            f"the group {hierarchy / group} goes",
            END_S,
        )


def _kill(group: str) -> set[int]:
    left = processes(group)
    for process in left:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    return left


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
