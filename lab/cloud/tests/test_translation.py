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
    """Nova's network models are subclasses of dict."""


@pytest.fixture
def machine() -> Machine:
    """Return the description of a server with a GPU flavor, one port and one volume."""
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


def test_the_description_of_a_server_has_everything_for_its_start(machine: Machine) -> None:
    assert (machine.memory_mib, machine.vcpus, machine.accelerators) == (3072, 2, 2)
    assert machine.disks == [Disk("f5bdb735", "/volumes/data", "vdb")]
    assert machine.group == "foreground-ci/machine-86ab9ee8"
    assert type(machine.vifs[0]["network"]) is dict  # plain JSON, no class of Nova


def test_a_later_start_has_the_current_ports_and_volumes(machine: Machine) -> None:
    again = translation.resumed(machine, None, {"block_device_mapping": []})

    assert (again.vifs, again.disks) == ([], [])
    assert again.image == machine.image


def test_user_data_is_decoded() -> None:
    server = SimpleNamespace(user_data=base64.b64encode(b"#!/bin/sh\n").decode())

    assert translation.user_data(server) == b"#!/bin/sh\n"
    assert translation.user_data(SimpleNamespace(user_data=None)) == b""


def test_the_inventory_has_the_allocation_ratios_and_reserves_of_nova() -> None:
    ratios = {"VCPU": 4.0, "MEMORY_MB": 1.0, "DISK_GB": 1.0}
    reserved = {"VCPU": 0, "MEMORY_MB": 512, "DISK_GB": 0}

    offer = capacity.inventory(capacity.Capacity(16, 24000, 1000), ratios, reserved)

    assert offer["VCPU"]["total"] == 16
    assert offer["VCPU"]["allocation_ratio"] == 4.0
    assert offer["MEMORY_MB"]["reserved"] == 512


def test_the_resources_of_a_host_include_the_use_of_its_machines(
    machine: Machine, tmp_path: Path
) -> None:
    offer = capacity.Capacity(16, 24000)

    used = capacity.resource("rack-1", "some-uuid", offer, [machine, machine], tmp_path)

    assert (used["vcpus_used"], used["memory_mb_used"]) == (4, 6144)
