"""Init process of a running machine: its process id gives access to its namespaces."""

from __future__ import annotations

from pathlib import Path

from labcloud.nova import cgroups

__all__ = ["find"]


def find(group: str) -> int | None:
    """Return the process id, or None if the machine is off or init has not started yet.

    Args:
        group: Control group of the machine.
    """
    return next((pid for pid in cgroups.processes(group) if _is_first(pid)), None)


def _is_first(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        name = Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return False
    _, *numbers = next(line for line in status.splitlines() if line.startswith("NSpid:")).split()
    return len(numbers) > 1 and numbers[-1] == "1" and name == "systemd"
