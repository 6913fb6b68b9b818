from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from labcloud.nova import cgroups
from labcloud.nova.description import Machine

if TYPE_CHECKING:
    from pathlib import Path

MACHINE = Machine(
    "86ab9ee8-01", "worker", "rack-1", "/image", 2048, 2, 0, "fg-ci", "foreground-ci"
)


def test_the_limits_of_a_machine_are_the_memory_and_processors_of_its_flavor() -> None:
    limits = cgroups.limits(MACHINE)

    assert limits["memory"] == {"memory.limit_in_bytes": 2 << 30}
    assert limits["cpu"]["cpu.cfs_quota_us"] == 2 * limits["cpu"]["cpu.cfs_period_us"]


def test_a_machine_may_use_as_many_processors_as_its_flavor_has() -> None:
    assert len(cgroups.cpus(MACHINE, [0, 1, 2, 3])) == 2
    assert cgroups.cpus(MACHINE, [0]) == [0]  # at most all processors of the host


def test_small_machines_are_spread_over_the_processors_by_their_uuid() -> None:
    small = [replace(MACHINE, vcpus=1, uuid=f"{number:08x}-01") for number in range(4)]

    chosen = [cgroups.cpus(machine, [4, 6]) for machine in small]

    assert chosen == [[4], [6], [4], [6]]


def test_device_rules_are_written_to_groups_of_systemd_and_not_of_containers(
    tmp_path: Path,
) -> None:
    for folder in ("system.slice/ssh.service", "kubepods/pod1", "init.scope"):
        (tmp_path / folder).mkdir(parents=True)

    groups = {str(path.relative_to(tmp_path)) for path in cgroups._systemd_groups(tmp_path)}

    assert groups == {".", "system.slice", "system.slice/ssh.service", "init.scope"}
