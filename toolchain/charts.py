"""Source of Helm charts: a folder of a Go module, packed as `helm package` does it."""

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
"""Files of a chart's folder that are no part of the chart."""


@dataclass(frozen=True)
class HelmChart:
    """One chart of a Go module: a compressed tar archive of one folder, named like the chart.

    Args:
        graph: Module graph whose go.mod fixes the version.
        module: Go module that contains the chart.
        path: Folder of the chart in that module.
    """

    graph: GoModule
    module: str
    path: str

    def key(self) -> str:
        """See Source: the graph fixes the version."""
        return repr((self.graph.key(), self.module, self.path))

    def provide(self, name: str, folder: Path, tick: Tick) -> None:
        """See Source; the same chart is packed into the same bytes."""
        tick()
        log = folders.logs() / f"{name}.log"
        with log.open("w") as output:
            chart = Path(self.graph.unpacked(self.module, output)) / self.path
        if not (chart / "Chart.yaml").is_file():
            raise ForegroundError(
                f"the chart {self.path} of {self.module} was not downloaded",
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
