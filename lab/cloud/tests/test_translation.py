from __future__ import annotations

import base64
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from labcloud.nova import capacity, translation
from labcloud.nova.description import Disk, Machine
from labcloud.settings import Settings

ON_VOLUME = {
    "connection_info": {
        "driver_volume_type": "local",
        "data": {"device_path": "/volumes/data", "volume_id": "f5bdb735"},
    },
    "mount_device": "/dev/vdb",
}


class Model(dict[str, Any]):
    """Nova's network models are dictionaries with a class of their own."""


@pytest.fixture
def machine() -> Machine:
    """Translate a server with a GPU flavor, one port and one volume."""
    settings = Settings(
        "ci", Path("/state"), Path("/run"), "127.0.0.1", "fg-ci", "foreground-ci", ("rack-1",), ()
    )
    flavor = SimpleNamespace(memory_mb=3072, vcpus=2, extra_specs={"resources:CUSTOM_GPU_T4": "2"})
    return translation.machine(
        settings,
        SimpleNamespace(uuid="86ab9ee8-01", hostname="worker", flavor=flavor),
        host="rack-1",
        tree=Path("/images/debian"),
        network_info=[Model(id="port", network=Model(id="net", subnets=[]))],
        block_device_info={"block_device_mapping": [ON_VOLUME]},
    )


def test_a_server_becomes_a_machine_with_all_that_its_start_takes(machine: Machine) -> None:
    assert (machine.memory_mib, machine.vcpus, machine.accelerators) == (3072, 2, 2)
    assert machine.disks == [Disk("f5bdb735", "/volumes/data", "vdb")]
    assert machine.group == "foreground-ci/machine-86ab9ee8"
    assert type(machine.vifs[0]["network"]) is dict  # JSON, not Nova's classes


def test_a_start_takes_the_ports_and_volumes_of_now_and_keeps_the_rest(machine: Machine) -> None:
    again = translation.resumed(machine, None, {"block_device_mapping": []})

    assert (again.vifs, again.disks) == ([], [])
    assert again.image == machine.image


def test_user_data_is_what_its_user_wrote() -> None:
    wrote = SimpleNamespace(user_data=base64.b64encode(b"#!/bin/sh\n").decode())

    assert translation.user_data(wrote) == b"#!/bin/sh\n"
    assert translation.user_data(SimpleNamespace(user_data=None)) == b""


def test_placement_is_told_the_host_with_novas_ratios_and_reserves() -> None:
    ratios = {"VCPU": 4.0, "MEMORY_MB": 1.0, "DISK_GB": 1.0}
    reserved = {"VCPU": 0, "MEMORY_MB": 512, "DISK_GB": 0}

    offer = capacity.inventory(capacity.Capacity(16, 24000, 1000), ratios, reserved)

    assert offer["VCPU"]["total"] == 16
    assert offer["VCPU"]["allocation_ratio"] == 4.0
    assert offer["MEMORY_MB"]["reserved"] == 512


def test_a_host_says_what_its_machines_use(machine: Machine, tmp_path: Path) -> None:
    offer = capacity.Capacity(16, 24000)

    told = capacity.resource("rack-1", "some-uuid", offer, [machine, machine], tmp_path)

    assert (told["vcpus_used"], told["memory_mb_used"]) == (4, 6144)
