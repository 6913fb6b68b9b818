"""Home directories: one folder per person on a shared file system, each with a recorded owner."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Folders", "TakenError"]


class TakenError(Exception):
    """The folder belongs to another person."""


class Folders:
    """The folders of all people, below one directory.

    Args:
        top: The directory, usually an NFS mount.
    """

    def __init__(self, top: Path) -> None:
        self._top = top
        self._owners = top / ".owners"  # no person's folder begins with a dot

    def check(self) -> None:
        """Check that the directory is writable.

        Raises:
            OSError: It is not, or its file server does not respond.
        """
        with self._written("a full volume accepts no byte"):
            pass

    def create(self, folder: str, person: str) -> None:
        """Create the folder of a person, which nobody else can read; keep it if it exists.

        A folder's name is short, so a hostile person could choose a user name that maps to the
        folder of another person. Therefore the first person who gets a folder is recorded.

        Raises:
            TakenError: The folder belongs to another person.
            OSError: The directory is not writable.
        """
        record = self._owners / folder
        with self._written(person) as new:
            try:
                os.link(new, record)  # atomic: the record is complete or does not exist
            except FileExistsError:
                owner = record.read_text(encoding="utf-8")
                if owner != person:
                    raise TakenError(
                        f"folder {folder} of {owner!r} was requested for {person!r}"
                    ) from None
        (self._top / folder).mkdir(mode=0o700, exist_ok=True)

    @contextmanager
    def _written(self, text: str) -> Iterator[str]:
        """Write a temporary file with this text, sync it to the file server, yield its path."""
        self._owners.mkdir(mode=0o700, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=self._owners, encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            yield file.name
