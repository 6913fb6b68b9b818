"""Downloads of the mirror: upstream's layout, and checksums that upstream's tools accept."""

from __future__ import annotations

import hashlib
import subprocess
import tarfile
from typing import TYPE_CHECKING

from infra import versions
from lab.mirror import catalogue
from lab.mirror.artefacts import publish
from lab.mirror.programs import ROWS

if TYPE_CHECKING:
    from pathlib import Path


def programs(folder: Path) -> dict[str, Path]:
    """Files in place of the programs, which no test here runs."""
    made = {}
    for name in (row.name for row in ROWS if row.downloads):
        made[name] = folder / name
        made[name].write_text(f"this is {name}\n")
    return made


def test_each_is_where_the_roles_look_with_a_right_checksum(tmp_path: Path) -> None:
    publish(catalogue.artefacts(programs(tmp_path)), tmp_path / "served")
    kubernetes = tmp_path / "served/dl.k8s.io" / f"v{versions.KUBERNETES}" / "bin/linux/amd64"
    for name in ("kubeadm", "kubectl", "kubelet"):
        content = (kubernetes / name).read_bytes()
        written = (kubernetes / f"{name}.sha256").read_text()
        assert written == hashlib.sha256(content).hexdigest()
    assert (kubernetes / "kubelet").read_text() == "this is kube\n"

    version = versions.CONTAINERD
    releases = tmp_path / "served/github.com/containerd/containerd/releases/download"
    archive = releases / f"v{version}" / f"containerd-{version}-linux-amd64.tar.gz"
    check = ["sha256sum", "--check", "--strict", f"{archive.name}.sha256sum"]
    subprocess.run(check, cwd=archive.parent, capture_output=True, check=True)
    with tarfile.open(archive) as opened:
        assert opened.getnames() == ["bin/containerd", "bin/containerd-shim-runc-v2", "bin/ctr"]
        assert {member.mode for member in opened} == {0o755}


def test_an_archive_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    tools = programs(tmp_path)
    for folder in ("one", "two"):
        publish(catalogue.artefacts(tools), tmp_path / folder)
    first, second = (sorted((tmp_path / name).rglob("*.tar.gz")) for name in ("one", "two"))
    assert first[0].read_bytes() == second[0].read_bytes()
