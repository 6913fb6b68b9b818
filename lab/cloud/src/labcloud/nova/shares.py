"""NFS substitute: a folder of one machine bind-mounted in another; this kernel has no NFS client.

`/sbin/mount.nfs` of a machine sends a request to its supervisor, by a socket in /run/hypervisor,
and the supervisor bind-mounts the folder. Each connection has one request and one response:
`{"server": ADDRESS, "path": FOLDER, "target": FOLDER}`; an error message, empty after success.
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

__all__ = ["REQUEST", "ShareError", "listen", "owner", "serve"]

REQUEST = signal.SIGIO
"""Signal that the listening process gets for each request."""

SOCKET = "shares"
PATIENCE_S = 20
LONGEST = 65536
CLONE_NEWNS = 0x00020000
AT_FDCWD = -100
OPEN_TREE, OPEN_TREE_CLONE = 428, 1
MOVE_MOUNT, MOVE_MOUNT_F_EMPTY_PATH = 429, 4


class ShareError(Exception):
    """A folder cannot be mounted."""


def listen(given: Path) -> socket.socket:
    """Open the socket for a machine's requests in its /run/hypervisor.

    Args:
        given: Folder that the machine has as /run/hypervisor.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    folder = os.open(given, os.O_PATH | os.O_DIRECTORY)
    try:
        (given / SOCKET).unlink(missing_ok=True)
        listener.bind(f"/proc/self/fd/{folder}/{SOCKET}")  # the full path may be too long
    finally:
        os.close(folder)
    listener.listen(64)
    fcntl.fcntl(listener, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(listener, fcntl.F_GETFL)
    fcntl.fcntl(listener, fcntl.F_SETFL, flags | os.O_ASYNC)
    return listener


def serve(listener: socket.socket, layout: Layout) -> None:
    """Serve all waiting requests, each in a child process that can enter namespaces."""
    while True:
        try:
            connection, _ = listener.accept()
        except BlockingIOError:
            return
        with connection:
            child = os.fork()
            if child == 0:
                _serve_and_exit(connection, layout)
            os.waitpid(child, 0)


def _serve_and_exit(connection: socket.socket, layout: Layout) -> None:
    """Serve one request and end this process, also after an error."""
    with suppress(BaseException):
        signal.alarm(PATIENCE_S)
        try:
            connection.settimeout(PATIENCE_S)
            request = json.loads(connection.recv(LONGEST))
            response = _mount(request, layout, _peer(connection))
        except (ShareError, OSError, ValueError, KeyError) as error:
            traceback.print_exc(file=sys.stderr)
            response = str(error) or repr(error)
        connection.sendall(response.encode())
    os._exit(0)


def _peer(connection: socket.socket) -> int:
    """Return the process id of the client, in this process's PID namespace."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    pid, _, _ = struct.unpack("3i", credentials)
    return int(pid)


def _mount(request: Mapping[str, str], layout: Layout, peer: int) -> str:
    """Mount the requested folder; return an empty response."""
    machine = description.read(layout.folder)
    folders = {folder: description.read(folder) for folder in _folders(layout.folder.parent)}
    server = owner(request["server"], machine, folders.items())
    first = first_process.find(folders[server].group)
    if first is None:
        raise ShareError(f"the machine at {request['server']} is off")
    _bind(first, request["path"], peer, request["target"])
    return ""


def _folders(machines: Path) -> list[Path]:
    return sorted(path.parent for path in machines.glob(f"*/{description.Layout.DESCRIPTION}"))


def owner(address: str, machine: Machine, others: Iterable[tuple[Path, Machine]]) -> Path:
    """Return the folder of the machine with an address, on one of the caller's networks.

    Raises:
        ShareError: No machine has the address.
    """
    reached = {network for network, _ in _addresses(machine)}
    for folder, other in others:
        if any(own == address and network in reached for network, own in _addresses(other)):
            return folder
    raise ShareError(f"no other machine on the same network has the address {address}")


def _addresses(machine: Machine) -> list[tuple[Any, str]]:
    return [
        (vif["network"]["id"], own) for vif in machine.vifs for own in first_boot.addresses([vif])
    ]


def _bind(server: int, path: str, client: int, target: str) -> None:
    """Bind-mount a folder of one process's mount namespace in that of another process."""
    libc = ctypes.CDLL(None, use_errno=True)
    server_namespace, client_namespace = (
        os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC) for pid in (server, client)
    )
    _checked(libc.setns(server_namespace, CLONE_NEWNS), path)
    flags = OPEN_TREE_CLONE | os.O_CLOEXEC
    tree = _checked(libc.syscall(OPEN_TREE, AT_FDCWD, path.encode(), flags), path)
    _checked(libc.setns(client_namespace, CLONE_NEWNS), target)
    moved = libc.syscall(MOVE_MOUNT, tree, b"", AT_FDCWD, target.encode(), MOVE_MOUNT_F_EMPTY_PATH)
    _checked(moved, target)


def _checked(returned: int, what: str) -> int:
    if returned < 0:
        number = ctypes.get_errno()
        raise ShareError(f"{what}: {os.strerror(number)}")
    return returned
