from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from labcloud.nova import description
from labcloud.nova.description import Disk, Layout, Machine

if TYPE_CHECKING:
    from pathlib import Path

MACHINE = Machine(
    uuid="86ab9ee8-014b-4ec7-96c8-6e4de80b83e5",
    hostname="worker",
    host="rack-1",
    image="/images/debian",
    memory_mib=1024,
    vcpus=1,
    accelerators=0,
    site_netns="fg-ci",
    cgroup="foreground-ci",
    vifs=[{"id": "port", "network": {"subnets": []}}],
)
DATA = Disk(volume_id="f5bdb735-c63c-47f5-801c-08c6a906b29b", file="/volumes/data", name="vdb")


def test_a_description_is_read_as_it_was_written(tmp_path: Path) -> None:
    machine = MACHINE.with_disk(DATA)

    description.write(tmp_path, machine)

    assert description.read(tmp_path) == machine


def test_a_description_is_private_and_written_atomically(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    description.write(tmp_path, MACHINE)
    file = Layout(tmp_path).description
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    monkeypatch.setattr(description, "asdict", lambda _: {"uuid": object()})  # writing JSON fails
    with pytest.raises(TypeError):
        description.write(tmp_path, MACHINE.with_disk(DATA))

    assert description.read(tmp_path) == MACHINE


def test_a_volume_that_is_attached_twice_has_one_entry_with_its_last_name() -> None:
    renamed = Disk(DATA.volume_id, DATA.file, "vdc")

    machine = MACHINE.with_disk(DATA).with_disk(renamed)

    assert machine.disks == [renamed]
    assert machine.without_disk(DATA.volume_id).disks == []


def test_a_volume_has_the_by_id_link_of_a_virtio_disk() -> None:
    assert DATA.link == "virtio-f5bdb735-c63c-47f5-8"


def test_names_of_namespaces_and_groups_begin_with_the_name_of_the_site() -> None:
    assert MACHINE.netns == "fg-ci-86ab9ee8"
    assert MACHINE.group == "foreground-ci/machine-86ab9ee8"
