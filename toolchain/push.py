"""Push of the platform's own images to the registry of a site.

The tag of an image is a digest of its sources, so an image that the registry has is not built.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

from infra import images
from infra.errors import ForegroundError
from toolchain import containers
from toolchain.progress import Progress
from toolchain.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolchain.registry import Access

__all__ = ["push"]


def push(
    url: str, access: Access, progress: Progress | None = None, *, replace: bool = False
) -> Iterator[str]:
    """Push the images that the registry does not have.

    Args:
        url: The registry, see Registry.named.
        access: Credentials and certificates.
        progress: Progress line.
        replace: Whether to push an image too that is there from another build.

    Yields:
        One sentence for each image.

    Raises:
        ForegroundError: An image was not built or not pushed.
    """
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        shown = stack.enter_context(closing(progress or Progress()))
        registry = Registry.named(url, access, scratch)
        names = [name for name in images.names() if name != images.BASE]  # no pod runs the base
        for number, name in enumerate(names, start=1):
            yield _push_one(registry, name, names[number:], shown, replace=replace)


def _push_one(
    registry: Registry, name: str, rest: list[str], progress: Progress, *, replace: bool
) -> str:
    reference = images.reference(registry.address, name)
    after = tuple(f"push {other}" for other in rest)
    there = registry.digest(name, progress.tick)
    if there:
        layout = containers.layout(name)
        if not layout.is_dir():
            return f"{reference} is there"
        if there == _digest_of(layout):
            return f"{reference} is there, and is the same as here"
        if not replace:
            return f"{reference} is there from another build of the same sources (--replace)"
    layout = containers.build(name, progress)
    with progress.job(f"pushing image {name}", f"push {name}", after):
        registry.copy(name, layout, progress.tick)
    if registry.digest(name, progress.tick) != _digest_of(layout):
        raise ForegroundError(
            f"{registry.host} has another digest of {reference} than was pushed",
            "the same command again",
        )
    return f"{reference} {'replaced' if there else 'pushed'}"


def _digest_of(layout: Path) -> str:
    (manifest,) = json.loads((layout / "index.json").read_text())["manifests"]
    return str(manifest["digest"])
