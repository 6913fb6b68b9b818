"""NFS substitute: a folder of one machine bind-mounted in another; this kernel has no NFS client.

A machine's own `/sbin/mount.nfs` asks its supervisor, over a socket in /run/hypervisor; the folder
then is bound, not mounted over the network. One question and one answer a connection:
`{"server": ADDRESS, "path": FOLDER, "target": FOLDER}`, and why not, or nothing.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import signal
import socket
import struct
import sys
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING

from labcloud.nova import description, first_boot, first_process

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from typing import Any

    from labcloud.nova.description import Layout, Machine

__all__ = ["ASKED", "ShareError", "answer", "listen", "owner"]

ASKED = signal.SIGIO
"""What the process that listens is sent when somebody asks."""

SOCKET = "shares"
PATIENCE_S = 20
LONGEST = 65536
CLONE_NEWNS = 0x00020000
AT_FDCWD = -100
OPEN_TREE, OPEN_TREE_CLONE = 428, 1
MOVE_MOUNT, MOVE_MOUNT_F_EMPTY_PATH = 429, 4


class ShareError(Exception):
    """A folder cannot be had."""


def listen(given: Path) -> socket.socket:
    """Hear a machine's questions, at its /run/hypervisor.

    Args:
        given: What the machine sees there.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    folder = os.open(given, os.O_PATH | os.O_DIRECTORY)
    try:
        (given / SOCKET).unlink(missing_ok=True)
        listener.bind(f"/proc/self/fd/{folder}/{SOCKET}")  # its whole name could be too long
    finally:
        os.close(folder)
    listener.listen(64)
    fcntl.fcntl(listener, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(listener, fcntl.F_GETFL)
    fcntl.fcntl(listener, fcntl.F_SETFL, flags | os.O_ASYNC)
    return listener


def answer(listener: socket.socket, layout: Layout) -> None:
    """Answer everybody who asked so far, each from a child that may go into their machine."""
    while True:
        try:
            connection, _ = listener.accept()
        except BlockingIOError:
            return
        with connection:
            child = os.fork()
            if child == 0:
                _end_after(connection, layout)
            os.waitpid(child, 0)


def _end_after(connection: socket.socket, layout: Layout) -> None:
    """Answer one question and end this process, whatever happens."""
    with suppress(BaseException):
        signal.alarm(PATIENCE_S)
        try:
            connection.settimeout(PATIENCE_S)
            asked = json.loads(connection.recv(LONGEST))
            said = _have(asked, layout, _peer(connection))
        except (ShareError, OSError, ValueError, KeyError) as error:
            traceback.print_exc(file=sys.stderr)
            said = str(error) or repr(error)
        connection.sendall(said.encode())
    os._exit(0)


def _peer(connection: socket.socket) -> int:
    """Return who asks, by the number that the process has here."""
    told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    pid, _, _ = struct.unpack("3i", told)
    return int(pid)


def _have(asked: Mapping[str, str], layout: Layout, peer: int) -> str:
    """Mount what was asked for where it was asked for; return nothing."""
    machine = description.read(layout.folder)
    folders = {folder: description.read(folder) for folder in _folders(layout.folder.parent)}
    server = owner(asked["server"], machine, folders.items())
    first = first_process.find(folders[server].group)
    if first is None:
        raise ShareError(f"the machine at {asked['server']} is off")
    _bind(first, asked["path"], peer, asked["target"])
    return ""


def _folders(machines: Path) -> list[Path]:
    return sorted(path.parent for path in machines.glob(f"*/{description.Layout.DESCRIPTION}"))


def owner(address: str, machine: Machine, others: Iterable[tuple[Path, Machine]]) -> Path:
    """Return the folder of whoever has an address on a network that a machine is on.

    Raises:
        ShareError: Nobody has it.
    """
    reached = {network for network, _ in _addresses(machine)}
    for folder, other in others:
        if any(own == address and network in reached for network, own in _addresses(other)):
            return folder
    raise ShareError(f"no machine beside this one has the address {address}")


def _addresses(machine: Machine) -> list[tuple[Any, str]]:
    return [
        (vif["network"]["id"], own) for vif in machine.vifs for own in first_boot.addresses([vif])
    ]


def _bind(server: int, path: str, client: int, target: str) -> None:
    """Mount a folder that one process sees where another process sees the target."""
    libc = ctypes.CDLL(None, use_errno=True)
    there, here = (
        os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC) for pid in (server, client)
    )
    _sure(libc.setns(there, CLONE_NEWNS), path)
    flags = OPEN_TREE_CLONE | os.O_CLOEXEC
    tree = _sure(libc.syscall(OPEN_TREE, AT_FDCWD, path.encode(), flags), path)
    _sure(libc.setns(here, CLONE_NEWNS), target)
    moved = libc.syscall(MOVE_MOUNT, tree, b"", AT_FDCWD, target.encode(), MOVE_MOUNT_F_EMPTY_PATH)
    _sure(moved, target)


def _sure(returned: int, what: str) -> int:
    if returned < 0:
        number = ctypes.get_errno()
        raise ShareError(f"{what}: {os.strerror(number)}")
    return returned
