"""Private files of labcloud: replaced atomically, readable by root only; locks; passwords."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["folder", "held", "passwords", "write"]

PASSWORDS = ("admin", "service", "metadata")


def folder(path: Path) -> Path:
    """Create a folder that only its owner may enter."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def write(path: Path, text: str) -> None:
    """Write a file of mode 0600 atomically: a reader sees the old or the new content."""
    aside = path.with_name(f".{path.name}.new")
    with open(os.open(aside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:  # noqa: PTH123  # by descriptor: it has this mode from the start
        file.write(text)
    aside.replace(path)


@contextlib.contextmanager
def held(path: Path) -> Iterator[int]:
    """Wait for a file lock, hold it for the block, and yield its descriptor."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def passwords(path: Path) -> dict[str, str]:
    """Return the cloud's passwords; generate those that are missing."""
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = [name for name in PASSWORDS if name not in known]
    if missing:
        known |= {name: secrets.token_urlsafe(24) for name in missing}
        folder(path.parent)
        write(path, json.dumps(known, indent=1) + "\n")
    return known
