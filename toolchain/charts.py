"""Helm charts that upstream keeps beside its Go sources, packed as `helm package` would."""

from __future__ import annotations

import gzip
import tarfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from infra.errors import ForegroundError
from toolchain import folders

if TYPE_CHECKING:
    from toolchain.go_modules import GoModule
    from toolchain.source import Tick

__all__ = ["HelmChart"]

_NO_PART: Final = {"tests", ".helmignore", "README.md.gotmpl"}
"""What lies in a chart's folder for upstream's own use."""


@dataclass(frozen=True)
class HelmChart:
    """One chart out of a module of Go's: a gzipped tar of one folder, named like the chart.

    Args:
        graph: The module graph whose go.mod says which version.
        module: The Go module that it lies in.
        path: Its folder there.
    """

    graph: GoModule
    module: str
    path: str

    def key(self) -> str:
        """The graph decides about the version."""
        return repr((self.graph.key(), self.module, self.path))

    def provide(self, name: str, folder: Path, tick: Tick) -> None:
        """Pack it, always into the same bytes."""
        tick()
        log = folders.logs() / f"{name}.log"
        with log.open("w") as said:
            chart = Path(self.graph.unpacked(self.module, said)) / self.path
        if not (chart / "Chart.yaml").is_file():
            raise ForegroundError(
                f"the chart {self.path} of {self.module} cannot be had",
                "the same command again",
                at=str(log),
            )
        with (
            (folder / name).open("wb") as plain,
            gzip.GzipFile("", "wb", fileobj=plain, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as archive,
        ):
            for file in sorted(path for path in chart.rglob("*") if path.is_file()):
                inside = file.relative_to(chart)
                if not _NO_PART & {*inside.parts}:
                    _add(archive, file, PurePosixPath(chart.name) / inside)


def _add(archive: tarfile.TarFile, file: Path, inside: PurePosixPath) -> None:
    member = tarfile.TarInfo(str(inside))
    member.size, member.mode = file.stat().st_size, 0o644
    with file.open("rb") as content:
        archive.addfile(member, content)
