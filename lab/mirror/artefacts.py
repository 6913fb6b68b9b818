"""Downloads of the mirror: programs and archives with checksums, in upstream's layout."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.mirror.layers import File, add

if TYPE_CHECKING:
    from toolchain.program import Checksum


@dataclass(frozen=True)
class Artefact:
    """One download: a program as it is, or several in a compressed tar archive."""

    path: str
    """Path below the mirror's address: upstream's host, then upstream's path."""
    content: Path | tuple[File, ...]
    checksum: Checksum


def publish(artefacts: tuple[Artefact, ...], folder: Path) -> None:
    """Write all downloads to a folder, each with a file of its checksum."""
    for artefact in artefacts:
        target = folder / artefact.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(artefact.content, Path):
            _same_file(artefact.content, target)
        else:
            _archive(artefact.content, target)
        with target.open("rb") as made:
            digest = hashlib.file_digest(made, "sha256").hexdigest()
        line = digest if artefact.checksum == ".sha256" else f"{digest}  {target.name}\n"
        target.with_name(target.name + artefact.checksum).write_text(line)


def _same_file(source: Path, target: Path) -> None:
    try:
        os.link(source.resolve(), target)
    except OSError:  # another file system
        shutil.copyfile(source, target)


def _archive(content: tuple[File, ...], target: Path) -> None:
    # level 1: a higher level takes longer than it saves on the loopback interface
    with (
        target.open("wb") as plain,
        gzip.GzipFile("", "wb", compresslevel=1, fileobj=plain, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        for entry in content:
            add(archive, entry)
