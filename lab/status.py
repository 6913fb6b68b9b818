"""`status` command: daemons and machines of a lab, with their run time and memory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from lab import cgroups, clouds, daemon
from lab.daemon import Daemon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.instance import LabInstance

__all__ = ["holdings", "lines"]

BLOCK = 512  # unit of st_blocks on every file system


def lines(instance: LabInstance) -> Iterator[str]:
    """Yield one line for each daemon and each machine."""
    names = daemon.names(instance)
    if not names and not cgroups.exists(instance.cgroup):
        yield f"the lab of {instance.site} is down"
        return
    for name in names:
        one = Daemon(instance, name)
        yield _line(name, one.process(), cgroups.memory(one.group))
    running = 0
    for group in sorted(_machines(instance)):
        pids = cgroups.processes(group)
        running += bool(pids)
        yield _line(group.rpartition("/")[2], min(pids, default=None), cgroups.memory(group))
    yield f"machines that run: {running}; memory in total: {_mib(cgroups.memory(instance.cgroup))}"
    yield f"clouds.yaml: {clouds.clouds_file(instance)}"


def holdings(instance: LabInstance) -> Iterator[str]:
    """Yield one line for each part of the state folder, with its size on the disk."""
    for path in sorted(instance.state.iterdir()) if instance.state.is_dir() else ():
        parts = sorted(path.iterdir()) if path.name == "cloud" else [path]
        for part in parts:
            yield f"{_mib(_size(part)):>12}  {part}"


def _line(name: str, pid: int | None, memory: int) -> str:
    if pid is None:
        return f"{name:<18} dead"
    minutes, seconds = divmod(int(daemon.since(pid)), 60)
    return f"{name:<18} runs for {minutes} min {seconds:2} s, {_mib(memory)} (process {pid})"


def _machines(instance: LabInstance) -> Iterator[str]:
    for folder in (cgroups.ROOT / "memory" / instance.cgroup).glob("machine-*"):
        yield f"{instance.cgroup}/{folder.name}"


def _size(top: Path) -> int:
    total = top.lstat().st_blocks * BLOCK
    for folder, folders, files in os.walk(top):
        for name in (*folders, *files):
            total += Path(folder, name).lstat().st_blocks * BLOCK
    return total


def _mib(size: int) -> str:
    return f"{size / (1 << 20):.1f} MiB"
