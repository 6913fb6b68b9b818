"""The pause container's program, compiled from pause.c: upstream publishes it as an image only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra import versions
from lab.mirror.children import run
from toolchain.program import Image, Program

if TYPE_CHECKING:
    from toolchain.source import Tick

__all__ = ["PAUSE"]


@dataclass(frozen=True)
class _CFile:
    """Source of a program: one file in C."""

    file: Path

    def key(self) -> str:
        """See Source."""
        return self.file.read_text()

    def provide(self, name: str, folder: Path, tick: Tick) -> None:
        """See Source."""
        tick()
        command = [
            "gcc",
            "-Os",
            "-Wall",
            "-static",
            "-s",
            "-o",
            str(folder / name),
            str(self.file),
        ]
        run(command, f"{name} cannot be compiled")


PAUSE: Final = Program(
    name="pause",
    version=versions.PAUSE,
    source=_CFile(Path(__file__).with_name("pause.c")),
    published=(
        Image(
            name="registry.k8s.io/pause",
            tag=versions.PAUSE,
            path="pause",
            entrypoint="/pause",
            user="65535:65535",
        ),
    ),
)
