"""Cache of the mirror: folders, each named by a digest of the recipe that it is made from."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.mirror.progress import say
from toolchain import folders, jobs, locks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def root() -> Path:
    """The mirror's folder in the toolchain's cache, shared by all sites and checkouts."""
    return folders.root() / "mirror"


def identity(file: Path) -> list[str | int]:
    """Path, size and time of a program, which change with it; reading 150 MB would take long."""
    state = file.stat()
    return [str(file.resolve()), state.st_size, state.st_mtime_ns]


def digest_of(recipe: object) -> str:
    """Digest of a recipe: of any data, files and data classes in it."""
    text = json.dumps(recipe, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return identity(value)
    if is_dataclass(value) and not isinstance(value, type):
        return [type(value).__name__, vars(value)]
    message = f"a recipe cannot hold {value!r}"
    raise TypeError(message)


def ensure(kind: str, recipe: object, make: Callable[[Path], None]) -> Path:
    """Folder that `make` fills from this recipe, filled now if it is missing.

    Args:
        kind: Folder of all results of this kind.
        recipe: Everything that decides about the result.
        make: Fills an empty folder, which is renamed when it is complete.
    """
    final = root() / kind / digest_of(recipe)
    if final.is_dir():
        os.utime(final)
        return final
    final.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in final.parent.glob(f".{final.name}.*"):  # by a run that was killed
        shutil.rmtree(left, ignore_errors=True)
    new = Path(tempfile.mkdtemp(prefix=f".{final.name}.", dir=final.parent))
    make(new)
    new.rename(final)
    locks.remove_unused(final.parent)
    return final


@contextmanager
def locked() -> Iterator[None]:
    """Hold the lock of the mirror's cache: one build at a time on this machine."""
    root().mkdir(parents=True, exist_ok=True, mode=0o700)
    with (root() / "lock").open("w") as lock:
        if not jobs.locked(lock):
            say("waiting for another build of the mirror's content")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
