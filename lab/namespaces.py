"""Network namespaces by name, and a way to stand in one for a moment."""

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
    """Let this thread make sockets and start programs in a network namespace meanwhile."""
    # opened anew each time: a kept descriptor would keep a deleted namespace alive
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
                os._exit(1)  # never go on in the wrong namespace
    finally:
        os.close(before)


def connect(namespace: Path, address: tuple[str, int], seconds: float) -> socket.socket:
    """Return a TCP connection to an address as it is in a network namespace."""
    with entered(namespace):
        return socket.create_connection(address, seconds)


def is_namespace(path: Path) -> bool:
    """Tell whether a network namespace is mounted there."""
    try:
        return path.stat().st_dev == Path("/proc/self/ns/net").stat().st_dev
    except FileNotFoundError:
        return False


def _enter(descriptor: int) -> None:
    if _libc.setns(descriptor, CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, f"cannot enter the network namespace: {os.strerror(number)}")
