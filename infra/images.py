"""The platform's own images: where their sources are, and under which reference each is pulled.

The tag is a key of the content: what builds an image and what runs it compute the same reference
from the same files, and a change of one file makes another image and touches no other.
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
    "key",
    "names",
    "reference",
]

SERVICES: Final = Path(__file__).resolve().parents[1] / "services"
NAMESPACE: Final = "foreground"
"""Of our images in any registry."""
CONTAINERFILE: Final = "Containerfile"
BASE: Final = "base"
"""The image that the others begin with: their Containerfiles say `FROM ${BASE}`."""

_BUILT: Final = "1"
"""To be changed when the way of building changes: then every image is another."""
_NOT_CONTENT: Final = {"tests", "__pycache__"}


def names() -> tuple[str, ...]:
    """All images, the base first: folders below `services/` that hold a Containerfile."""
    found = {str(file.parent.relative_to(SERVICES)) for file in SERVICES.rglob(CONTAINERFILE)}
    return tuple(sorted(found, key=lambda name: (name != BASE, name)))


def repository(name: str) -> str:
    """The image's name in a registry: `notebooks/session` is `foreground/notebooks-session`."""
    return f"{NAMESPACE}/{name.replace('/', '-')}"


def reference(registry: str, name: str) -> str:
    """What a pod names to have this image.

    Args:
        registry: Host and port of the site's registry.
        name: Folder below `services/`.

    Raises:
        ForegroundError: There is no such image.
    """
    return f"{registry}/{repository(name)}:{key(name)}"


def key(name: str) -> str:
    """The tag: a digest of the image's files and, where it begins with it, of the base's.

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
    below = key(BASE) if name != BASE and "${BASE}" in containerfile.read_text() else ""
    return digest([_BUILT.encode(), below.encode(), *_parts(folder)])


def files(folder: Path) -> tuple[Path, ...]:
    """What is built from and decides about the key, in an order that no file system decides."""
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
    """Return a short digest of parts in their order."""
    made = hashlib.sha256()
    for part in parts:
        made.update(f"{len(part)}:".encode())  # so that no two lists of parts read the same
        made.update(part)
    return made.hexdigest()[:16]
