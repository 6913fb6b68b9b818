"""Devices of a machine: device permissions, accelerator nodes, volumes as loop devices."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import struct
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from labcloud.nova.description import Disk, Machine

__all__ = [
    "LoopDevice",
    "accelerators_of",
    "loop_attach",
    "loop_detach",
    "loop_forget",
    "loops_below",
    "mounted",
    "nodes",
    "permitted",
]

# Devices that every machine may open: null, zero, full, random, urandom, kmsg, tty, console, ptmx,
# pseudo terminals, fuse and tun. mknod is allowed for all, as runc uses it for every container.
COMMON = (
    "c *:* m",
    "b *:* m",
    *(
        f"c {number} rwm"
        for number in (
            *("1:3", "1:5", "1:7", "1:8", "1:9", "1:11"),
            *("5:0", "5:1", "5:2", "136:*", "10:229", "10:200"),
        )
    ),
)
LOOP_SET_STATUS64, LOOP_GET_STATUS64 = 0x4C04, 0x4C05
LOOP_INFO_SIZE, LOOP_FLAGS_AT = 232, 52
"""Size of `struct loop_info64`, and offset of its flags."""
LO_FLAGS_AUTOCLEAR = 4
NVIDIA_MAJOR = 195
NVIDIA_CONTROL_MINOR = 255
PAUSE = 0.05
RESOURCE_PREFIX = "resources:CUSTOM_GPU_"


@dataclass(frozen=True)
class LoopDevice:
    """A loop device of this host."""

    path: str

    @property
    def number(self) -> int:
        """The device number."""
        return Path(self.path).stat().st_rdev

    @property
    def rule(self) -> str:
        """Rule for `devices.allow` that lets a machine open it."""
        return f"b {os.major(self.number)}:{os.minor(self.number)} rwm"


def accelerators_of(extra_specs: Mapping[str, str]) -> int:
    """Return the number of accelerators that a flavor requests from Placement."""
    return sum(int(count) for key, count in extra_specs.items() if key.startswith(RESOURCE_PREFIX))


def nodes(machine: Machine) -> dict[str, tuple[int, int]]:
    """Return the accelerators' device nodes, named as by NVIDIA's driver: (major, minor)."""
    if not machine.accelerators:
        return {}
    cards = {f"nvidia{n}": (NVIDIA_MAJOR, n) for n in range(machine.accelerators)}
    return {**cards, "nvidiactl": (NVIDIA_MAJOR, NVIDIA_CONTROL_MINOR)}


def permitted(machine: Machine, loops: Iterable[LoopDevice]) -> list[str]:
    """Return the device rules of a machine at its start."""
    own = [f"c {major}:{minor} rwm" for major, minor in nodes(machine).values()]
    return [*COMMON, *own, *(loop.rule for loop in loops)]


def loop_attach(disk: Disk) -> LoopDevice:
    """Return the loop device of a volume's file, an existing or a new one."""
    for present in _loops_of(disk.file):
        if _retained(present):
            return present
    done = _losetup("--find", "--show", disk.file)
    return LoopDevice(done.strip())


def loop_detach(disk: Disk, patience: float = 0.0) -> None:
    """Detach the loop device of a volume.

    Args:
        disk: The volume.
        patience: Seconds to wait: the kernel unmounts the file systems of an ended machine late.

    Raises:
        OSError: EBUSY: The machine has it mounted or open.
    """
    deadline = time.monotonic() + patience
    for loop in _loops_of(disk.file):
        while _busy(loop) and time.monotonic() < deadline:
            time.sleep(PAUSE)
        # losetup would detach a busy device later without an error, but the user must get one
        if _busy(loop):
            raise OSError(errno.EBUSY, f"volume {disk.volume_id} is still mounted or open")
        _losetup("--detach", loop.path)


def loop_forget(disk: Disk, patience: float = 0.0) -> None:
    """Detach the loop device of a volume that its machine does not use any more.

    Other machines may have folders of it mounted (`shares`). Then the kernel removes the device
    after the last of them, and an attachment of the volume before that uses the same device.

    Args:
        disk: The volume.
        patience: Seconds, as for `loop_detach`.
    """
    try:
        loop_detach(disk, patience)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        for loop in _loops_of(disk.file):
            _losetup("--detach", loop.path)


def _retained(loop: LoopDevice) -> bool:
    """Cancel the automatic removal of a loop device; return whether the device still exists."""
    status = bytearray(LOOP_INFO_SIZE)
    try:
        with Path(loop.path).open("rb") as device:
            fcntl.ioctl(device, LOOP_GET_STATUS64, status)
            (flags,) = struct.unpack_from("I", status, LOOP_FLAGS_AT)
            struct.pack_into("I", status, LOOP_FLAGS_AT, flags & ~LO_FLAGS_AUTOCLEAR)
            fcntl.ioctl(device, LOOP_SET_STATUS64, status)
    except OSError as error:
        if error.errno in {errno.ENXIO, errno.ENODEV, errno.ENOENT}:
            return False
        raise
    return True


def mounted(pid: int, loop: LoopDevice) -> bool:
    """Return whether a loop device is mounted in the namespace of a process."""
    number = f"{os.major(loop.number)}:{os.minor(loop.number)}"
    lines = Path(f"/proc/{pid}/mountinfo").read_text().splitlines()
    return any(line.split()[2] == number for line in lines)


def _busy(loop: LoopDevice) -> bool:
    try:
        os.close(os.open(loop.path, os.O_RDONLY | os.O_EXCL))
    except OSError as error:
        if error.errno == errno.EBUSY:
            return True
        raise
    return False


def loops_below(folder: Path) -> dict[str, LoopDevice]:
    """Return the loop devices whose files are in a folder, by file."""
    found = {}
    for entry in Path("/sys/block").glob("loop*/loop/backing_file"):
        try:
            file = entry.read_text().strip()
        except OSError:
            continue  # it was detached after it was listed
        if Path(file.removesuffix(" (deleted)")).is_relative_to(folder):
            found[file] = LoopDevice(f"/dev/{entry.parts[3]}")
    return found


def make_nodes(folder: Path, machine: Machine) -> None:
    """Create the accelerators' device nodes in a folder, to be bind-mounted into the machine."""
    folder.mkdir(exist_ok=True)
    for name, (major, minor) in nodes(machine).items():
        path = folder / name
        if not path.exists():
            os.mknod(path, stat.S_IFCHR, os.makedev(major, minor))
            path.chmod(0o666)  # mknod obeys the umask


def show(device: Path, disk: Disk, loop: LoopDevice) -> None:
    """Create a volume's device node and its by-id link in a running machine's /dev."""
    hide(device, disk)
    os.mknod(device / disk.name, stat.S_IFBLK, loop.number)
    (device / disk.name).chmod(0o660)  # mknod obeys the umask
    by_id = device / "disk/by-id"
    by_id.mkdir(parents=True, exist_ok=True)
    (by_id / disk.link).symlink_to(f"../../{disk.name}")


def hide(device: Path, disk: Disk) -> None:
    """Remove a volume's device node and link from a running machine's /dev."""
    (device / "disk/by-id" / disk.link).unlink(missing_ok=True)
    (device / disk.name).unlink(missing_ok=True)


def _loops_of(file: str) -> list[LoopDevice]:
    return [loop for name, loop in loops_below(Path(file).parent).items() if name == file]


def _losetup(*arguments: str) -> str:
    done = subprocess.run(["losetup", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"losetup {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout
