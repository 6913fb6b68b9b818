"""Source of programs: Python packages that contain upstream's binary, pinned in uv.lock."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from infra.errors import ForegroundError

if TYPE_CHECKING:
    from toolchain.source import Tick

__all__ = ["PythonPackage"]


@dataclass(frozen=True)
class PythonPackage:
    """One program of an installed Python distribution.

    Args:
        distribution: Its name on PyPI.
        version: Its version, which is the program's.
    """

    distribution: str
    version: str

    def key(self) -> str:
        """See Source: name and version; uv.lock has the hash."""
        return f"{self.distribution}=={self.version}"

    def provide(self, name: str, folder: Path, tick: Tick) -> None:
        """See Source; a copy, so that the cache does not need the virtual environment."""
        tick()
        shutil.copy(self._installed(name), folder / name)

    def _installed(self, name: str) -> Path:
        again = "make setup"
        try:
            found = metadata.distribution(self.distribution)
        except metadata.PackageNotFoundError:
            raise ForegroundError(f"{self.key()} is not installed", again) from None
        if found.version != self.version:
            raise ForegroundError(f"{self.key()} is needed, not {found.version}", again)
        for file in found.files or ():
            place = Path(str(file.locate())).resolve()
            if file.name == name and place.is_file():
                return place
        raise ForegroundError(f"{self.key()} does not contain {name}", again)
