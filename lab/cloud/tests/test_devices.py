from __future__ import annotations

from dataclasses import replace

from labcloud.nova import devices
from labcloud.nova.description import Machine

PLAIN = Machine(
    "86ab9ee8-014b", "worker", "rack-1", "/image", 1024, 1, 0, "fg-ci", "foreground-ci"
)
WITH_TWO = replace(PLAIN, accelerators=2)


def test_a_flavor_asks_for_accelerators_as_placement_reads_it() -> None:
    specs = {"resources:CUSTOM_GPU_T4": "2", "resources:VCPU": "4", "hw:cpu_policy": "shared"}

    assert devices.accelerators_of(specs) == 2
    assert devices.accelerators_of({}) == 0


def test_accelerators_have_the_files_that_nvidias_driver_makes() -> None:
    assert devices.nodes(WITH_TWO) == {
        "nvidia0": (195, 0),
        "nvidia1": (195, 1),
        "nvidiactl": (195, 255),
    }


def test_a_machine_without_accelerators_may_open_none() -> None:
    assert devices.nodes(PLAIN) == {}
    assert not any("195:" in rule for rule in devices.permitted(PLAIN, []))


def test_a_machine_may_open_its_own_accelerators_and_not_the_next() -> None:
    rules = devices.permitted(WITH_TWO, [])

    assert "c 195:1 rwm" in rules
    assert "c 195:2 rwm" not in rules


def test_no_machine_may_open_every_device_though_it_may_make_nodes() -> None:
    wild = [rule for rule in devices.permitted(WITH_TWO, []) if "*:*" in rule]

    assert wild == ["c *:* m", "b *:* m"]
