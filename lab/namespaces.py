"""Network namespaces: enter one by name, or connect to an address inside one."""

from __future__ import annotations

import ctypes
import os
import socket
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NAMESPACES", "connect", "entered", "is_namespace"]

NAMESPACES = Path("/run/netns")
CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def entered(namespace: Path) -> Iterator[None]:
    """Enter a network namespace with this thread, and leave it at the end of the block."""
    # opened anew each time: an open descriptor would hold a deleted namespace
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        target = os.open(namespace, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _enter(target)
        finally:
            os.close(target)
        try:
            yield
        finally:
            try:
                _enter(before)
            except OSError:
                os._exit(1)  # never continue in the wrong namespace
    finally:
        os.close(before)


def connect(namespace: Path, address: tuple[str, int], seconds: float) -> socket.socket:
    """Return a TCP connection to an address inside a network namespace."""
    with entered(namespace):
        return socket.create_connection(address, seconds)


def is_namespace(path: Path) -> bool:
    """Return whether a network namespace is mounted at a path."""
    try:
        return path.stat().st_dev == Path("/proc/self/ns/net").stat().st_dev
    except FileNotFoundError:
        return False


def _enter(descriptor: int) -> None:
    if _libc.setns(descriptor, CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, f"cannot enter the network namespace: {os.strerror(number)}")
