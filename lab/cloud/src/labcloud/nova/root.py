"""Root file system of a machine: an overlay on its image, and plain folders where that fails."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labcloud.nova.description import Layout, Machine

__all__ = ["REAL_FOLDERS", "make", "mount"]

REAL_FOLDERS = ("containerd", "kubelet", "etcd")
"""Folders of /var/lib that are not on the overlay: containerd cannot put an overlay on an overlay,
and etcd needs fsync of a real disk."""


def make(layout: Layout, machine: Machine) -> None:
    """Create the folders for all files that a machine writes, when it is created.

    The image's files in the plain folders are copied, so that no machine can write to an inode
    that another one uses.
    """
    for folder in (layout.upper, layout.work, layout.root, layout.data):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)  # the mode of the upper layer is the mode of the machine's /
    for name in REAL_FOLDERS:
        target = layout.data / name
        source = Path(machine.image, "var/lib", name)
        if source.is_dir():
            subprocess.run(["cp", "-a", "--reflink=auto", source, target], check=True)
        else:
            target.mkdir(exist_ok=True)
            target.chmod(0o755)


def mount(layout: Layout, machine: Machine) -> None:
    """Mount a machine's root in the caller's mount namespace."""
    halves = f"lowerdir={machine.image},upperdir={layout.upper},workdir={layout.work}"
    subprocess.run(
        ["mount", "-t", "overlay", "overlay", "-o", halves, os.fspath(layout.root)], check=True
    )
