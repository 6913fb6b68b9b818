from __future__ import annotations

from dataclasses import replace

from labcloud.nova import devices
from labcloud.nova.description import Machine

PLAIN = Machine(
    "86ab9ee8-014b", "worker", "rack-1", "/image", 1024, 1, 0, "fg-ci", "foreground-ci"
)
WITH_TWO = replace(PLAIN, accelerators=2)


def test_the_accelerators_of_a_flavor_are_counted_from_its_resource_requests() -> None:
    specs = {"resources:CUSTOM_GPU_T4": "2", "resources:VCPU": "4", "hw:cpu_policy": "shared"}

    assert devices.accelerators_of(specs) == 2
    assert devices.accelerators_of({}) == 0


def test_accelerators_have_the_device_nodes_of_nvidias_driver() -> None:
    assert devices.nodes(WITH_TWO) == {
        "nvidia0": (195, 0),
        "nvidia1": (195, 1),
        "nvidiactl": (195, 255),
    }


def test_a_machine_without_accelerators_may_open_none() -> None:
    assert devices.nodes(PLAIN) == {}
    assert not any("195:" in rule for rule in devices.permitted(PLAIN, []))


def test_a_machine_may_open_its_own_accelerators_and_no_other() -> None:
    rules = devices.permitted(WITH_TWO, [])

    assert "c 195:1 rwm" in rules
    assert "c 195:2 rwm" not in rules


def test_a_machine_may_create_all_device_nodes_but_not_open_them() -> None:
    wild = [rule for rule in devices.permitted(WITH_TWO, []) if "*:*" in rule]

    assert wild == ["c *:* m", "b *:* m"]
