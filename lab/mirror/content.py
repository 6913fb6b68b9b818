"""Content of the mirror: images, downloads and Debian packages, made once for all sites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.mirror import artefacts, cache, catalogue, packages, registry
from lab.mirror.images import digest
from lab.mirror.programs import REGISTRY
from lab.mirror.progress import say

if TYPE_CHECKING:
    from pathlib import Path

    from lab.mirror.catalogue import Programs
    from lab.mirror.registry import Image


@dataclass(frozen=True)
class Content:
    """Folders of the cache that the mirror's servers read.

    Attributes:
        registry: Storage of the registry.
        artefacts: Upstream's downloads.
        debian: The repository of Debian packages.
        images: References of all images, without the registry's host.
    """

    registry: Path
    artefacts: Path
    debian: Path
    images: tuple[str, ...]


def build(programs: Programs) -> Content:
    """Make the missing parts of the content."""
    own = catalogue.own_images()  # before the lock: building them has a lock of its own
    with cache.locked():
        debian = packages.repository(packages.pinned())
        images: tuple[Image, ...] = (*catalogue.images(programs), *own)
        downloads = catalogue.artefacts(programs)
        return Content(
            registry=_storage(programs[REGISTRY], images),
            artefacts=cache.ensure(
                "artefacts",
                ["artefacts", 1, downloads],
                lambda new: _publish(downloads, new),
            ),
            debian=debian,
            images=tuple(image.reference for image in images),
        )


def _storage(program: Path, images: tuple[Image, ...]) -> Path:
    def fill(new: Path) -> None:
        say(f"registry: {len(images)} images")
        registry.fill(program, new, images)

    wanted = [[image.reference, digest(image.manifest)] for image in images]
    return cache.ensure("registry", ["registry", 1, wanted], fill)


def _publish(downloads: tuple[artefacts.Artefact, ...], new: Path) -> None:
    say(f"artefacts: {len(downloads)} downloads with checksums")
    artefacts.publish(downloads, new)
