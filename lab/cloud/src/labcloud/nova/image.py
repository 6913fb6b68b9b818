"""Image cache: a Glance image is a tar of a root tree, unpacked once for all its servers."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["ImageError", "unpacked"]

# what belongs to a running kernel is no part of an image: the hypervisor gives it
LEFT_OUT = ("./dev/*", "./proc/*", "./sys/*", "./run/*")


class ImageError(Exception):
    """An image is no tar of a root tree."""


def unpacked(folder: Path, image_id: str, download: Callable[[Path], None]) -> Path:
    """Return the folder that holds an image's tree, read by all machines of it, written by none.

    Args:
        folder: where images are kept.
        image_id: Glance's.
        download: writes the image's bytes to the given file.

    Raises:
        ImageError: tar refuses it.
    """
    tree = folder / image_id
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # four hosts may want their first server at once
        if not tree.is_dir():
            _unpack(tree, download)
    return tree


def _unpack(tree: Path, download: Callable[[Path], None]) -> None:
    archive, aside = tree.with_suffix(".tar"), tree.with_suffix(".part")
    for left in (archive, aside):  # by an interrupted start
        _remove(left)
    aside.mkdir()
    try:
        download(archive)
        _extract(archive, aside, tree.name)
        aside.rename(tree)
    finally:
        _remove(archive)
        _remove(aside)


def _extract(archive: Path, folder: Path, image_id: str) -> None:
    left_out = (f"--exclude={pattern}" for pattern in LEFT_OUT)
    done = subprocess.run(
        [
            *("tar", "--extract", "--file", archive, "--directory", folder),
            *("--numeric-owner", "--xattrs", "--xattrs-include=*", *left_out),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["tar said nothing"])[0]
        raise ImageError(f"image {image_id} is not a tar of a root tree: {said}")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
