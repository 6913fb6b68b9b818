"""Inventory of a compute host: the vCPUs, memory and disk that it reports to Placement.

All compute hosts of a lab are this computer, and each reports all of its resources. A machine is
limited by its flavor, and the kernel shares the resources.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from labcloud.nova.description import Machine

__all__ = ["Capacity", "inventory", "resource"]

PROCESSORS_PER_CORE = 8  # most machines of a site are idle most of the time
DISK_GIB = 1000  # the disk sizes of flavors are not enforced: the files are sparse


@dataclass(frozen=True)
class Capacity:
    """Resources of a compute host."""

    vcpus: int
    memory_mib: int
    disk_gib: int = DISK_GIB

    @classmethod
    def of_this_computer(cls) -> Capacity:
        """Return the resources of this computer, multiplied for idle machines."""
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return cls(len(os.sched_getaffinity(0)) * PROCESSORS_PER_CORE, memory >> 20)


def inventory(
    capacity: Capacity, ratios: Mapping[str, float], reserved: Mapping[str, int]
) -> dict[str, dict[str, Any]]:
    """Return the inventory for Placement, by resource class."""
    totals = {
        "VCPU": capacity.vcpus,
        "MEMORY_MB": capacity.memory_mib,
        "DISK_GB": capacity.disk_gib,
    }
    return {
        name: {
            "total": total,
            "min_unit": 1,
            "max_unit": total,
            "step_size": 1,
            "allocation_ratio": ratios[name],
            "reserved": reserved[name],
        }
        for name, total in totals.items()
    }


def resource(
    host: str, uuid: str, capacity: Capacity, machines: Iterable[Machine], state: Path
) -> dict[str, Any]:
    """Return the resources of a host in the form of Nova's resource tracker."""
    mine = list(machines)
    return {
        "uuid": uuid,
        "hypervisor_hostname": host,
        "hypervisor_type": "systemd-nspawn",
        "hypervisor_version": 1,
        "vcpus": capacity.vcpus,
        "vcpus_used": sum(machine.vcpus for machine in mine),
        "memory_mb": capacity.memory_mib,
        "memory_mb_used": sum(machine.memory_mib for machine in mine),
        "local_gb": capacity.disk_gib,
        "local_gb_used": 0,
        "disk_available_least": shutil.disk_usage(state).free >> 30,
        "cpu_info": json.dumps({"arch": platform.machine(), "model": "host"}),
        "supported_instances": [(platform.machine(), "lxc", "exe")],
        "numa_topology": None,
    }
