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
    """Make a folder that only its owner may enter."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def write(path: Path, text: str) -> None:
    """Write a file of mode 0600 aside and put it in place: a reader sees the old or the new."""
    aside = path.with_name(f".{path.name}.new")
    with open(os.open(aside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:  # noqa: PTH123  # by descriptor: never readable by others, not even for a moment
        file.write(text)
    aside.replace(path)


@contextlib.contextmanager
def held(path: Path) -> Iterator[int]:
    """Hold a lock, as soon as all processes that hold it have ended; give its descriptor."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def passwords(path: Path) -> dict[str, str]:
    """Return the cloud's passwords; make those that are not there yet."""
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = [name for name in PASSWORDS if name not in known]
    if missing:
        known |= {name: secrets.token_urlsafe(24) for name in missing}
        folder(path.parent)
        write(path, json.dumps(known, indent=1) + "\n")
    return known
