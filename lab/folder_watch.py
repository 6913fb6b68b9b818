"""inotify watch of one folder, as a file descriptor that can be polled."""

from __future__ import annotations

import ctypes
import os
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FolderWatch"]

CLOSE_WRITE, MOVED_FROM, MOVED_TO, DELETE = 0x8, 0x40, 0x80, 0x200
HEADER = struct.Struct("iIII")  # struct inotify_event, without its name
_libc = ctypes.CDLL(None, use_errno=True)


class FolderWatch:
    """inotify watch that reports the names of entries that were written, renamed or removed."""

    def __init__(self, folder: Path) -> None:
        self.fd = self._check(_libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC), folder)
        events = CLOSE_WRITE | MOVED_FROM | MOVED_TO | DELETE
        self._check(_libc.inotify_add_watch(self.fd, os.fsencode(folder), events), folder)

    def changed(self) -> set[str]:
        """Return the names of entries that changed since the last call."""
        found: set[str] = set()
        try:
            while data := os.read(self.fd, 1 << 16):
                while data:
                    *_, length = HEADER.unpack_from(data)
                    end = HEADER.size + length
                    found.add(os.fsdecode(data[HEADER.size : end].rstrip(b"\0")))
                    data = data[end:]
        except BlockingIOError:
            return found
        return found

    def close(self) -> None:
        """Close the file descriptor."""
        os.close(self.fd)

    @staticmethod
    def _check(result: int, folder: Path) -> int:
        if result < 0:
            number = ctypes.get_errno()
            raise OSError(number, f"cannot watch: {os.strerror(number)}", str(folder))
        return result
