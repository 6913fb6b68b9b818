"""Machine description: a JSON file that the Nova driver writes and the supervisor reads."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

__all__ = ["Disk", "Layout", "Machine", "read", "write"]

SERIAL_LENGTH = 20  # virtio-blk's limit, visible in every by-id link of a volume on a cloud


@dataclass(frozen=True)
class Disk:
    """A volume of a machine, with its file."""

    volume_id: str
    file: str
    name: str
    """Name in the machine's /dev, chosen by Nova: vdb, vdc, ..."""

    @property
    def link(self) -> str:
        """Name below /dev/disk/by-id, as on a cloud with virtio disks."""
        return "virtio-" + self.volume_id[:SERIAL_LENGTH]


@dataclass(frozen=True)
class Machine:
    """Everything that is needed to start a machine, so that Nova is not called for it."""

    uuid: str
    hostname: str
    host: str
    """Name of its compute host."""
    image: str
    """Folder of the unpacked image, the read-only lower layer of the root."""
    memory_mib: int
    vcpus: int
    accelerators: int
    site_netns: str
    cgroup: str
    """Control group of the site, the parent of the machine's group."""
    vifs: list[dict[str, Any]] = field(default_factory=list)
    disks: list[Disk] = field(default_factory=list)

    @property
    def short(self) -> str:
        """First part of the UUID, for names that the kernel limits to a few characters."""
        return self.uuid.partition("-")[0]

    @property
    def netns(self) -> str:
        """Name of the machine's network namespace, in its supervisor's own /run/netns."""
        return f"{self.site_netns}-{self.short}"

    @property
    def netns_file(self) -> Path:
        """Path where `ip netns` mounts the network namespace."""
        return Path("/run/netns", self.netns)

    @property
    def group(self) -> str:
        """Path of the machine's control group in every hierarchy."""
        return f"{self.cgroup}/machine-{self.short}"

    def with_disk(self, disk: Disk) -> Machine:
        """Return the same machine with a disk added or replaced."""
        return replace(self.without_disk(disk.volume_id), disks=[*self._others(disk), disk])

    def without_disk(self, volume_id: str) -> Machine:
        """Return the same machine without a volume."""
        return replace(self, disks=[disk for disk in self.disks if disk.volume_id != volume_id])

    def _others(self, disk: Disk) -> list[Disk]:
        return [other for other in self.disks if other.volume_id != disk.volume_id]


@dataclass(frozen=True)
class Layout:
    """Paths of a machine's files in its folder."""

    folder: Path
    DESCRIPTION: ClassVar[str] = "machine.json"

    @property
    def description(self) -> Path:
        """File of the machine description."""
        return self.folder / self.DESCRIPTION

    @property
    def state(self) -> Path:
        """File with the process id of the supervisor."""
        return self.folder / "supervisor.json"

    @property
    def console(self) -> Path:
        """Console output of the machine since it was created."""
        return self.folder / "console.log"

    @property
    def upper(self) -> Path:
        """Upper layer of the root: all files that the machine wrote."""
        return self.folder / "upper"

    @property
    def work(self) -> Path:
        """Work folder of the overlay."""
        return self.folder / "work"

    @property
    def root(self) -> Path:
        """Mount point of the root, in the supervisor's mount namespace."""
        return self.folder / "root"

    @property
    def data(self) -> Path:
        """Plain folders for data that cannot be on an overlay."""
        return self.folder / "data"

    @property
    def devices(self) -> Path:
        """Device nodes of the accelerators, bind-mounted into the machine's /dev."""
        return self.folder / "dev"

    @property
    def network_lock(self) -> Path:
        """Lock of all machines for changes of bridges."""
        return self.folder.parent / "network.lock"

    @property
    def given(self) -> Path:
        """Folder that the machine has as /run/hypervisor."""
        return self.folder / "given"


def write(folder: Path, machine: Machine) -> None:
    """Write a machine's description atomically."""
    path = Layout(folder).description
    aside = path.with_suffix(".part")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        json.dump(asdict(machine), out)
    aside.rename(path)


def read(folder: Path) -> Machine:
    """Read a machine's description."""
    fields = json.loads(Layout(folder).description.read_text())
    fields["disks"] = [Disk(**disk) for disk in fields["disks"]]
    return Machine(**fields)
