"""Program: a row of the table of programs: version, source, and where upstream publishes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from toolchain.source import Source

__all__ = ["Chart", "Checksum", "Download", "Image", "Program", "Published"]

Checksum = Literal[".sha256", ".sha256sum"]
"""`.sha256` holds the bare digest (dl.k8s.io); `.sha256sum` what sha256sum prints (GitHub)."""


@dataclass(frozen=True)
class Image:
    """Container image in which upstream publishes a program.

    Args:
        name: Repository with the host of its registry, as in a pod.
        tag: Upstream's tag of this version.
        path: The program's path in the image, without a leading slash.
        link: Path of a symbolic link to it, for a program that acts by the name it is called by.
        with_programs: Further programs of the table, in the same folder of the image.
        entrypoint: Path of the program to start; empty where every pod names a command.
        user: User and group, as numbers; empty for root.
        needs_iptables: Whether it calls Debian's iptables and ipset.
    """

    name: str
    tag: str
    path: str
    link: str = ""
    with_programs: tuple[str, ...] = ()
    entrypoint: str = ""
    user: str = ""
    needs_iptables: bool = False


@dataclass(frozen=True)
class Download:
    """File that upstream publishes for machines.

    Args:
        path: Upstream's host and the path there.
        checksum: Ending of the file of its checksum, next to it.
        member: Path in the compressed tar archive that `path` names; empty for the bare program.
    """

    path: str
    checksum: Checksum
    member: str = ""


@dataclass(frozen=True)
class Chart:
    """Helm chart that upstream publishes.

    Args:
        file: Name of the packed file, with its version.
    """

    file: str


Published = Image | Download | Chart


@dataclass(frozen=True)
class Program:
    """One program.

    Args:
        name: Name of the file.
        version: Upstream's version, without a leading v.
        source: Where it comes from.
        published: Where a site's machines and pods find it at upstream's, or at the site's mirror.
    """

    name: str
    version: str
    source: Source
    published: tuple[Published, ...] = ()

    @property
    def images(self) -> tuple[Image, ...]:
        """Images among what is published."""
        return tuple(one for one in self.published if isinstance(one, Image))

    @property
    def downloads(self) -> tuple[Download, ...]:
        """Downloads among what is published."""
        return tuple(one for one in self.published if isinstance(one, Download))

    @property
    def charts(self) -> tuple[Chart, ...]:
        """Charts among what is published."""
        return tuple(one for one in self.published if isinstance(one, Chart))
