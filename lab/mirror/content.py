"""Everything the mirror serves, made once for all sites: images, downloads, packages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.mirror import artefacts, cache, catalogue, packages, registry
from lab.mirror.images import digest
from lab.mirror.progress import say

if TYPE_CHECKING:
    from pathlib import Path

    from lab.mirror.catalogue import Programs
    from lab.mirror.registry import Image


@dataclass(frozen=True)
class Content:
    """Folders of the cache, ready to be served."""

    registry: Path
    artefacts: Path
    debian: Path
    images: tuple[str, ...]
    """What can be pulled, as a pod names it."""


def build(programs: Programs) -> Content:
    """Make what is missing; a second call only looks."""
    own = catalogue.own_images()
    with cache.locked():
        debian = packages.repository(packages.pinned())
        images: tuple[Image, ...] = (*catalogue.images(programs), *own)
        downloads = catalogue.artefacts(programs)
        return Content(
            registry=_storage(programs["registry"], images),
            artefacts=cache.kept(
                "artefacts",
                ["artefacts", 1, downloads],
                lambda aside: _publish(downloads, aside),
            ),
            debian=debian,
            images=tuple(image.reference for image in images),
        )


def _storage(program: Path, images: tuple[Image, ...]) -> Path:
    def fill(aside: Path) -> None:
        say(f"registry: {len(images)} images")
        registry.fill(program, aside, images)

    wanted = [[image.reference, digest(image.manifest)] for image in images]
    return cache.kept("registry", ["registry", 1, wanted], fill)


def _publish(downloads: tuple[artefacts.Artefact, ...], aside: Path) -> None:
    say(f"artefacts: {len(downloads)} downloads with checksums")
    artefacts.publish(downloads, aside)
