"""Layers of images: reproducible tar archives, compressed with zstd."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import tarfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from lab.mirror import cache
from lab.mirror.progress import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LEVEL = 6
"""Compression level of zstd: level 9 gains 3 % and takes twice as long."""


@dataclass(frozen=True)
class File:
    """One file of the layer, from a file of this machine."""

    path: str
    source: Path
    mode: int = 0o755


@dataclass(frozen=True)
class Text:
    """One file of the layer, given by its text."""

    path: str
    text: str
    mode: int = 0o644


@dataclass(frozen=True)
class Link:
    """One symbolic link of the layer."""

    path: str
    target: str


@dataclass(frozen=True)
class Folder:
    """One folder of the layer whose mode matters."""

    path: str
    mode: int = 0o755


Entry = File | Text | Link | Folder


@dataclass(frozen=True)
class Layer:
    """A compressed layer, with its entry in a manifest."""

    blob: Path
    digest: str
    size: int
    diff_id: str


class _Hashed:
    """Stream that computes the digest of the data that it passes on."""

    def __init__(self, inner: IO[bytes]) -> None:
        self.inner = inner
        self.sha256 = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.sha256.update(data)
        return self.inner.write(data)


def layer(entries: Iterable[Entry]) -> Layer:
    """The layer of these entries, from the cache if it has it."""
    wanted = sorted(entries, key=lambda entry: entry.path)
    return packed(["layer", LEVEL, wanted], partial(_fill, entries=wanted))


def packed(recipe: object, fill: Callable[[tarfile.TarFile], None]) -> Layer:
    """The layer that `fill` writes, from the cache if it has one of this recipe."""
    folder = cache.ensure("layers", recipe, lambda new: _pack(new, fill))
    return Layer(blob=folder / "blob", **json.loads((folder / "layer.json").read_text()))


def _pack(new: Path, fill: Callable[[tarfile.TarFile], None]) -> None:
    blob = new / "blob"
    # -T1 gives the same bytes on any number of cores
    command = ["zstd", "--quiet", f"-{LEVEL}", "-T1", "-o", str(blob)]
    # in a session of its own Ctrl-C does not end it before this process closes its input
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as zstd:
        assert zstd.stdin is not None  # noqa: S101 - Popen's type cannot say so
        stream = _Hashed(zstd.stdin)
        with tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as archive:  # type: ignore[call-overload]
            fill(archive)
        zstd.stdin.close()
    if zstd.returncode:
        raise subprocess.CalledProcessError(zstd.returncode, command)
    with blob.open("rb") as packed_file:
        digest = hashlib.file_digest(packed_file, "sha256").hexdigest()
    facts = {
        "digest": f"sha256:{digest}",
        "size": blob.stat().st_size,
        "diff_id": f"sha256:{stream.sha256.hexdigest()}",
    }
    (new / "layer.json").write_text(json.dumps(facts))


def _fill(archive: tarfile.TarFile, entries: Iterable[Entry]) -> None:
    say(f"image layer: {', '.join(entry.path for entry in entries)}")
    made: set[str] = set()
    for entry in entries:
        for parent in reversed(PurePosixPath(entry.path).parents[:-1]):
            if str(parent) not in made:
                made.add(str(parent))
                archive.addfile(_member(Folder(str(parent))))
        made.add(entry.path)
        add(archive, entry)


def add(archive: tarfile.TarFile, entry: Entry) -> None:
    """Write one entry, owned by root and with the time 0."""
    member = _member(entry)
    if isinstance(entry, File):
        member.size = entry.source.stat().st_size
        with entry.source.open("rb") as source:
            archive.addfile(member, source)
    elif isinstance(entry, Text):
        data = entry.text.encode()
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    else:
        archive.addfile(member)


def _member(entry: Entry) -> tarfile.TarInfo:
    member = tarfile.TarInfo(entry.path)
    match entry:
        case Link():
            member.type, member.linkname, member.mode = tarfile.SYMTYPE, entry.target, 0o777
        case Folder():
            member.type, member.mode = tarfile.DIRTYPE, entry.mode
        case File() | Text():
            member.mode = entry.mode
    return member
