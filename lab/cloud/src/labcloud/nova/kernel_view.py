"""/proc files of a machine: the memory and processors of its flavor, not the host's.

The kernel has one /proc/meminfo and one /proc/sys for all processes. The machine's first process
bind-mounts files of the machine over them, and the supervisor updates the memory file.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from labcloud.nova import cgroups

if TYPE_CHECKING:
    from labcloud.nova.description import Machine
    from labcloud.nova.devices import LoopDevice

__all__ = ["cpuinfo", "meminfo", "prepare", "refresh"]

FIRST_PROCESS = Path(__file__).with_name("first-process.sh")
KIB = 1024


def prepare(given: Path, machine: Machine, loops: list[LoopDevice]) -> None:
    """Write the files that the machine's first process mounts over those of the kernel.

    Args:
        given: Folder that the machine has as /run/hypervisor.
        machine: The machine, with the sizes of its flavor.
        loops: Loop devices of the machine's disks, in the same order.
    """
    given.mkdir(exist_ok=True)
    mine = cgroups.cpus(machine, cgroups.host_cpus())
    (given / "cpus").write_text(",".join(map(str, mine)) + "\n")
    (given / "cpuinfo").write_text(cpuinfo(Path("/proc/cpuinfo").read_text(), mine))
    (given / "meminfo").write_text(meminfo(machine.memory_mib << 20, 0, {}))
    disks = (
        f"{disk.name} {os.major(loop.number)} {os.minor(loop.number)} {disk.link}\n"
        for disk, loop in zip(machine.disks, loops, strict=True)
    )
    (given / "disks").write_text("".join(disks))
    (given / "init").write_text(FIRST_PROCESS.read_text())
    (given / "init").chmod(0o755)


def refresh(given: Path, machine: Machine) -> None:
    """Update the machine's /proc/meminfo in place, as the inode of the file is mounted."""
    limit = machine.memory_mib << 20
    text = meminfo(limit, cgroups.memory_used(machine), cgroups.usage(machine))
    with (given / "meminfo").open("r+") as file:  # every line has the same length each time
        file.write(text)


def meminfo(limit: int, used: int, stat: dict[str, int]) -> str:
    """Return the text of /proc/meminfo for one control group."""
    cache = stat.get("total_cache", 0)
    reclaimable = stat.get("total_inactive_file", 0) + stat.get("total_active_file", 0)
    free = max(0, limit - used)
    lines = {
        "MemTotal": limit,
        "MemFree": free,
        "MemAvailable": min(limit, free + reclaimable),
        "Buffers": 0,
        "Cached": cache,
        "SwapCached": 0,
        "Active": stat.get("total_active_anon", 0) + stat.get("total_active_file", 0),
        "Inactive": stat.get("total_inactive_anon", 0) + stat.get("total_inactive_file", 0),
        "SwapTotal": 0,
        "SwapFree": 0,
        "Dirty": stat.get("total_dirty", 0),
        "Writeback": stat.get("total_writeback", 0),
        "AnonPages": stat.get("total_rss", 0),
        "Mapped": stat.get("total_mapped_file", 0),
        "Shmem": stat.get("total_shmem", 0),
        "Slab": 0,
        "SReclaimable": 0,
        "SUnreclaim": 0,
    }
    return "".join(f"{name + ':':<16}{value // KIB:>12} kB\n" for name, value in lines.items())


def cpuinfo(host: str, mine: list[int]) -> str:
    """Return the host's /proc/cpuinfo, reduced to the machine's processors."""
    blocks = host.strip().split("\n\n")
    return "".join(f"{block}\n\n" for block in blocks if _number(block) in mine)


def _number(block: str) -> int:
    found = re.match(r"processor\s*:\s*(\d+)", block)
    return int(found.group(1)) if found else -1
