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

# file systems of the kernel are not part of an image; systemd-nspawn mounts them
LEFT_OUT = ("./dev/*", "./proc/*", "./sys/*", "./run/*")


class ImageError(Exception):
    """An image is not a tar of a root tree."""


def unpacked(folder: Path, image_id: str, download: Callable[[Path], None]) -> Path:
    """Return the folder of an image's root tree; unpack the image if it is new.

    Args:
        folder: Parent of all unpacked images.
        image_id: Id of the image in Glance.
        download: Writes the image to the given file.

    Raises:
        ImageError: tar cannot unpack it.
    """
    tree = folder / image_id
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several hosts may start their first server at once
        if not tree.is_dir():
            _unpack(tree, download)
    return tree


def _unpack(tree: Path, download: Callable[[Path], None]) -> None:
    archive, aside = tree.with_suffix(".tar"), tree.with_suffix(".part")
    for path in (archive, aside):  # remains of an interrupted start
        _remove(path)
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
        error = (done.stderr.strip().splitlines() or ["tar printed nothing"])[0]
        raise ImageError(f"image {image_id} is not a tar of a root tree: {error}")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
