"""What is made once and kept: folders of the cache, each named by a digest of its recipe."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from contextlib import contextmanager
from dataclasses import is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.mirror.progress import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

UNUSED_AFTER = 30 * 24 * 3600.0
"""Seconds after which a folder that no lab asked for is removed when its successor is made."""


def root() -> Path:
    """The mirror's part of the cache; content only, shared by all sites and checkouts."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "foreground" / "mirror"


def identity(file: Path) -> list[str | int]:
    """What tells a program from its successor without reading 150 MB of it."""
    state = file.stat()
    return [str(file.resolve()), state.st_size, state.st_mtime_ns]


def digest_of(recipe: object) -> str:
    """The name of what this recipe makes."""
    text = json.dumps(recipe, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return identity(value)
    if is_dataclass(value) and not isinstance(value, type):
        return [type(value).__name__, vars(value)]
    message = f"a recipe cannot hold {value!r}"
    raise TypeError(message)


def kept(kind: str, recipe: object, make: Callable[[Path], None]) -> Path:
    """The folder that `make` makes from this recipe; made aside and renamed when missing."""
    final = root() / kind / digest_of(recipe)
    if final.is_dir():
        os.utime(final)
        return final
    final.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in final.parent.glob(f".{final.name}.*"):  # by a run that was ended
        shutil.rmtree(left, ignore_errors=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{final.name}.", dir=final.parent))
    make(aside)
    aside.rename(final)
    _forget_unused(final.parent)
    return final


def _forget_unused(folder: Path) -> None:
    for old in folder.iterdir():
        if time.time() - old.stat().st_mtime > UNUSED_AFTER:
            shutil.rmtree(old)


@contextmanager
def locked() -> Iterator[None]:
    """Alone among all builds of mirrors on this machine."""
    root().mkdir(parents=True, exist_ok=True, mode=0o700)
    with (root() / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another build of the mirror's content")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
