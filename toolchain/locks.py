"""Locks of the cache: one build at a time in each of its folders; leftovers are removed."""

from __future__ import annotations

import shutil
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from toolchain.jobs import locked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from toolchain.progress import Progress

__all__ = ["NEW", "UNUSED_AFTER_S", "alone", "remove_unused"]

NEW: Final = ".new-"
"""Prefix of a folder that is being built; it is renamed when it is complete."""
UNUSED_AFTER_S: Final = 30 * 24 * 3600.0
"""Seconds after which a build that nobody used is removed, when another version is built."""
_POLL_S: Final = 0.2


@contextmanager
def alone(folder: Path, result: Path, title: str, progress: Progress) -> Iterator[bool]:
    """Hold the lock of a folder; two builds at once would need the memory of two.

    Args:
        folder: Folder of the builds and of the lock; it exists.
        result: What is to be built; the wait ends as soon as another command has built it.
        title: What waits, as a person reads it.
        progress: Progress line meanwhile.

    Yields:
        Whether it is still to be built.
    """
    with (folder / "lock").open("w") as lock:
        if not locked(lock):
            with progress.waiting(title):
                while not (result.exists() or locked(lock)):
                    progress.tick()
                    time.sleep(_POLL_S)
        if result.exists():
            yield False
            return
        for left in folder.glob(f"{NEW}*"):  # by a command that was killed
            shutil.rmtree(left)
        yield True


def remove_unused(builds: Path) -> None:
    """Remove builds of one program or image that nobody used for long."""
    for build in builds.iterdir():
        if time.time() - build.stat().st_mtime > UNUSED_AFTER_S:
            shutil.rmtree(build)
