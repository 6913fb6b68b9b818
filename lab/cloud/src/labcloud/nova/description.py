"""Machine description: a JSON file that the Nova driver writes and the supervisor reads."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

__all__ = ["Disk", "Layout", "Machine", "read", "write"]

SERIAL_LENGTH = 20  # virtio-blk's limit, which every by-id link of a cloud's volume shows


@dataclass(frozen=True)
class Disk:
    """A volume that the machine has, by the file that holds its bytes."""

    volume_id: str
    file: str
    name: str
    """Name in the machine's /dev, as Nova chose it: vdb, vdc, ..."""

    @property
    def link(self) -> str:
        """Name below /dev/disk/by-id, as on a cloud with virtio disks."""
        return "virtio-" + self.volume_id[:SERIAL_LENGTH]


@dataclass(frozen=True)
class Machine:
    """All that starting a machine takes; nothing of it is asked of Nova again."""

    uuid: str
    hostname: str
    host: str
    """Name of the compute host that has it."""
    image: str
    """Folder of the unpacked image, the read-only lower half of the root."""
    memory_mib: int
    vcpus: int
    accelerators: int
    site_netns: str
    cgroup: str
    """The site's group, in which the machine's own lies."""
    vifs: list[dict[str, Any]] = field(default_factory=list)
    disks: list[Disk] = field(default_factory=list)

    @property
    def short(self) -> str:
        """The first part of the UUID: unique enough for names that the kernel keeps short."""
        return self.uuid.partition("-")[0]

    @property
    def netns(self) -> str:
        """Name of the machine's network namespace, in its supervisor's own /run/netns."""
        return f"{self.site_netns}-{self.short}"

    @property
    def netns_file(self) -> Path:
        """Where `ip netns` mounts it."""
        return Path("/run/netns", self.netns)

    @property
    def group(self) -> str:
        """The machine's control group, below every hierarchy's root."""
        return f"{self.cgroup}/machine-{self.short}"

    def with_disk(self, disk: Disk) -> Machine:
        """Return the same machine with one disk more (or the same disk described anew)."""
        return replace(self.without_disk(disk.volume_id), disks=[*self._others(disk), disk])

    def without_disk(self, volume_id: str) -> Machine:
        """Return the same machine without a volume."""
        return replace(self, disks=[disk for disk in self.disks if disk.volume_id != volume_id])

    def _others(self, disk: Disk) -> list[Disk]:
        return [other for other in self.disks if other.volume_id != disk.volume_id]


@dataclass(frozen=True)
class Layout:
    """Where the parts of a machine lie in its folder."""

    folder: Path
    DESCRIPTION: ClassVar[str] = "machine.json"

    @property
    def description(self) -> Path:
        """What Nova wants."""
        return self.folder / self.DESCRIPTION

    @property
    def state(self) -> Path:
        """Which process supervises the machine."""
        return self.folder / "supervisor.json"

    @property
    def console(self) -> Path:
        """What the machine printed since it was made."""
        return self.folder / "console.log"

    @property
    def upper(self) -> Path:
        """What the machine wrote on its root."""
        return self.folder / "upper"

    @property
    def work(self) -> Path:
        """The overlay's own scratch folder."""
        return self.folder / "work"

    @property
    def root(self) -> Path:
        """Where the supervisor mounts the root, in its own mount namespace."""
        return self.folder / "root"

    @property
    def data(self) -> Path:
        """Real folders for what cannot live on an overlay."""
        return self.folder / "data"

    @property
    def devices(self) -> Path:
        """Files of the accelerators, bound into the machine's /dev."""
        return self.folder / "dev"

    @property
    def network_lock(self) -> Path:
        """Lock of all machines beside this one for their bridges."""
        return self.folder.parent / "network.lock"

    @property
    def given(self) -> Path:
        """What the hypervisor shows the machine as /run/hypervisor."""
        return self.folder / "given"


def write(folder: Path, machine: Machine) -> None:
    """Write a machine's description, whole or not at all."""
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
