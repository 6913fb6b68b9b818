"""Images that kubeadm of the built Kubernetes pulls, as it lists them itself."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from infra import versions
from infra.errors import ForegroundError

__all__ = ["images"]


def images(kube: Path) -> list[str]:
    """References of the images.

    Args:
        kube: The program `kube`, which is kubeadm when it is called by that name.

    Raises:
        ForegroundError: kubeadm fails.
    """
    version = f"v{versions.KUBERNETES}"
    with tempfile.TemporaryDirectory() as folder:
        kubeadm = Path(folder) / "kubeadm"
        kubeadm.symlink_to(kube.resolve())
        command = [str(kubeadm), "config", "images", "list", "--kubernetes-version", version]
        done = subprocess.run(command, capture_output=True, check=False, text=True)
    if done.returncode:
        raise ForegroundError(f"kubeadm does not list its images: {done.stderr.strip()[-300:]}")
    return done.stdout.split()
