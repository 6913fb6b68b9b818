"""The cache of programs: one folder each, named by version and key, made aside and renamed."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.errors import ForegroundError
from toolchain import folders
from toolchain.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from toolchain.programs import Program

__all__ = ["Cache", "standard"]

_UNUSED_AFTER: Final = 30 * 24 * 3600.0
"""Seconds after which a build that nobody asked for is removed when its successor is made."""

_ASIDE: Final = ".new-"


@dataclass(frozen=True)
class Cache:
    """Programs in a folder that several checkouts and commands may use at once."""

    folder: Path

    def path(self, program: Program) -> Path:
        """Where it is.

        Raises:
            ForegroundError: It is not there yet.
        """
        path = self.place(program)
        if not path.is_file():
            raise ForegroundError(
                f"{program.name} {program.version} is not built yet",
                f"python -m toolchain build {program.name}",
            )
        return path

    def place(self, program: Program) -> Path:
        """Where it is once it is there."""
        key = hashlib.sha256(program.source.key().encode()).hexdigest()[:12]
        return self.folder / program.name / f"{program.version}-{key}" / program.name

    def ensure(
        self, programs: Iterable[Program], progress: Progress | None = None
    ) -> dict[str, Path]:
        """Build what is missing, one after the other in the given order."""
        places = {program: self.place(program) for program in programs}
        missing = [program for program, place in places.items() if not place.is_file()]
        shown = progress or Progress()
        for number, program in enumerate(missing, start=1):
            self._build(program, len(missing) - number, shown)
        for place in places.values():
            os.utime(place.parent)
        return {program.name: place for program, place in places.items()}

    def _build(self, program: Program, left: int, progress: Progress) -> None:
        title = f"{program.name} {program.version}"
        with self._alone(title, left, progress):
            place = self.place(program)
            if place.is_file():  # another checkout built it meanwhile
                progress.clear()
                return
            progress.begin(f"building {title}", left)
            began = time.monotonic()
            try:
                self._make(program, place, progress)
            except OSError as error:
                raise _explained(error, program, self.folder) from error
            finally:
                progress.clear()
            progress.done(f"built {title} in {time.monotonic() - began:.0f} s")

    def _make(self, program: Program, place: Path, progress: Progress) -> None:
        aside = Path(tempfile.mkdtemp(prefix=_ASIDE, dir=self.folder))
        try:
            program.source.provide(program.name, aside, progress.tick)
            (aside / program.name).chmod(0o755)
            aside.chmod(0o755)
            place.parent.parent.mkdir(exist_ok=True)
            shutil.rmtree(place.parent, ignore_errors=True)  # somebody removed the program alone
            aside.rename(place.parent)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        self._forget_unused(place.parent.parent)

    @contextmanager
    def _alone(self, title: str, left: int, progress: Progress) -> Iterator[None]:
        """One build at a time on this machine: two would need the memory of two."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            if not _locked(lock.fileno()):
                progress.begin(f"another command builds; {title} waits for it", left)
                while not _locked(lock.fileno()):
                    progress.tick()
                    time.sleep(0.2)
            for left_behind in self.folder.glob(f"{_ASIDE}*"):  # by a command that was killed
                shutil.rmtree(left_behind)
            yield

    def _forget_unused(self, builds: Path) -> None:
        for build in builds.iterdir():
            if time.time() - build.stat().st_mtime > _UNUSED_AFTER:
                shutil.rmtree(build)


def standard() -> Cache:
    """The cache of whoever is logged in."""
    return Cache(folders.programs())


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _explained(error: OSError, program: Program, folder: Path) -> ForegroundError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return ForegroundError(
            f"{program.name} was not built: the disk of {folder} is full",
            f"df -h {folder}; free 10 GB or set XDG_CACHE_HOME to a larger disk",
        )
    return ForegroundError(f"{program.name} was not built: {error}", "the same command again")
