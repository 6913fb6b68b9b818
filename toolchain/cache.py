"""Cache of programs: a folder for each version and key, built under another name and renamed."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from infra.errors import ForegroundError
from toolchain import folders, locks
from toolchain.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable

    from toolchain.program import Program

__all__ = ["Cache", "standard"]


@dataclass(frozen=True)
class Cache:
    """Folder of programs that several checkouts and commands may use at once."""

    folder: Path

    def path(self, program: Program) -> Path:
        """File of a program that is built.

        Raises:
            ForegroundError: It is not built yet.
        """
        path = self.place(program)
        if not path.is_file():
            raise ForegroundError(
                f"{program.name} {program.version} is not built yet",
                f"python -m toolchain build {program.name}",
            )
        return path

    def place(self, program: Program) -> Path:
        """File of a program, built or not."""
        key = hashlib.sha256(program.source.key().encode()).hexdigest()[:12]
        return self.folder / program.name / f"{program.version}-{key}" / program.name

    def ensure(
        self, programs: Iterable[Program], progress: Progress | None = None
    ) -> dict[str, Path]:
        """Build the missing ones of these programs, one after another in this order."""
        places = {program: self.place(program) for program in programs}
        with closing(progress or Progress()) as shown:
            while missing := [program for program in places if not places[program].is_file()]:
                self._build(missing, shown)
        for place in places.values():
            os.utime(place.parent)
        return {program.name: place for program, place in places.items()}

    def _build(self, missing: list[Program], progress: Progress) -> None:
        program, *rest = missing
        title = f"{program.name} {program.version}"
        place = self.place(program)
        self.folder.mkdir(parents=True, exist_ok=True)
        with locks.alone(self.folder, place, title, progress) as needed:
            if not needed:
                return
            began = time.monotonic()
            after = tuple(other.name for other in rest)
            try:
                with progress.job(f"building {title}", program.name, after):
                    self._make(program, place, progress)
            except OSError as error:
                raise _explained(error, program, self.folder) from error
            progress.done(f"built {title} in {time.monotonic() - began:.0f} s")

    def _make(self, program: Program, place: Path, progress: Progress) -> None:
        new = Path(tempfile.mkdtemp(prefix=locks.NEW, dir=self.folder))
        try:
            program.source.provide(program.name, new, progress.tick)
            (new / program.name).chmod(0o755)
            new.chmod(0o755)
            place.parent.parent.mkdir(exist_ok=True)
            shutil.rmtree(place.parent, ignore_errors=True)  # a folder whose program was removed
            new.rename(place.parent)
        finally:
            shutil.rmtree(new, ignore_errors=True)
        locks.remove_unused(place.parent.parent)


def standard() -> Cache:
    """Cache of the user who runs this command."""
    return Cache(folders.programs())


def _explained(error: OSError, program: Program, folder: Path) -> ForegroundError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return ForegroundError(
            f"{program.name} was not built: the disk of {folder} is full",
            f"df -h {folder}; free 10 GB or set XDG_CACHE_HOME to a larger disk",
        )
    return ForegroundError(f"{program.name} was not built: {error}", "the same command again")
