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
"""Under /var/lib: overlayfs refuses another overlay as its upper half, etcd wants a real disk."""


def make(layout: Layout, machine: Machine) -> None:
    """Make the folders that keep what a machine writes, once in its life.

    What the image holds below the real folders is copied: no two machines share an inode that
    either can write.
    """
    for folder in (layout.upper, layout.work, layout.root, layout.data):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)  # the upper half's mode is the mode of the machine's /
    for name in REAL_FOLDERS:
        target = layout.data / name
        source = Path(machine.image, "var/lib", name)
        if source.is_dir():
            subprocess.run(["cp", "-a", "--reflink=auto", source, target], check=True)
        else:
            target.mkdir(exist_ok=True)
            target.chmod(0o755)


def mount(layout: Layout, machine: Machine) -> None:
    """Mount a machine's root; seen by the caller's mount namespace only."""
    halves = f"lowerdir={machine.image},upperdir={layout.upper},workdir={layout.work}"
    subprocess.run(
        ["mount", "-t", "overlay", "overlay", "-o", halves, os.fspath(layout.root)], check=True
    )
