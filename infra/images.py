"""Image references: the names of the platform's own images, built from folders of `services/`.

The tag is a digest of the image's files. The toolchain, which builds an image, and the overlay,
which runs it, compute the same reference from the same files; a changed file changes the reference
of this image and of no other.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .errors import ForegroundError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "BASE",
    "CONTAINERFILE",
    "NAMESPACE",
    "SERVICES",
    "digest",
    "files",
    "has_base",
    "key",
    "names",
    "reference",
    "repository",
]

SERVICES: Final = Path(__file__).resolve().parents[1] / "services"
NAMESPACE: Final = "foreground"
"""First part of the images' names in any registry."""
CONTAINERFILE: Final = "Containerfile"
BASE: Final = "base"
"""Image that others start from: their Containerfiles say `FROM ${BASE}`."""

_BUILT: Final = "1"
"""Part of every tag; change it when images are built in another way."""
_NOT_CONTENT: Final = {"tests", "__pycache__"}


def names() -> tuple[str, ...]:
    """All images, the base first: folders below `services/` with a Containerfile."""
    found = {str(file.parent.relative_to(SERVICES)) for file in SERVICES.rglob(CONTAINERFILE)}
    return tuple(sorted(found, key=lambda name: (name != BASE, name)))


def repository(name: str) -> str:
    """The image's name in a registry: `notebooks/session` is `foreground/notebooks-session`."""
    return f"{NAMESPACE}/{name.replace('/', '-')}"


def reference(registry: str, name: str) -> str:
    """Reference of an image in a pod's specification.

    Args:
        registry: The site's registry: host and port, and a path if its repositories have one.
        name: Folder below `services/`.

    Raises:
        ForegroundError: There is no such image.
    """
    return f"{registry}/{repository(name)}:{key(name)}"


def key(name: str) -> str:
    """The tag: a digest of the image's files, and of the base's if it starts from the base.

    Raises:
        ForegroundError: There is no such image.
    """
    folder = SERVICES / name
    containerfile = folder / CONTAINERFILE
    if not containerfile.is_file():
        raise ForegroundError(
            f"there is no image {name!r}: services/{name} holds no {CONTAINERFILE}",
            f"one of {', '.join(names())}",
        )
    below = key(BASE) if has_base(name) else ""
    return digest([_BUILT.encode(), below.encode(), *_parts(folder)])


def has_base(name: str) -> bool:
    """Whether the image starts from the base."""
    return name != BASE and "${BASE}" in (SERVICES / name / CONTAINERFILE).read_text()


def files(folder: Path) -> tuple[Path, ...]:
    """Files that an image is built from and its tag is computed from, always in one order."""
    return tuple(sorted(_walk(folder), key=lambda file: file.relative_to(folder).parts))


def _walk(folder: Path) -> Iterable[Path]:
    for entry in folder.iterdir():
        if entry.name.startswith(".") or entry.name in _NOT_CONTENT:
            continue
        if entry.is_dir():
            yield from _walk(entry)
        else:
            yield entry


def _parts(folder: Path) -> Iterable[bytes]:
    for file in files(folder):
        yield str(file.relative_to(folder)).encode()
        yield b"program" if os.access(file, os.X_OK) else b"text"
        yield file.read_bytes()


def digest(parts: Iterable[bytes]) -> str:
    """Short digest of these parts in their order."""
    computed = hashlib.sha256()
    for part in parts:
        computed.update(f"{len(part)}:".encode())  # no two lists of parts give the same bytes
        computed.update(part)
    return computed.hexdigest()[:16]
