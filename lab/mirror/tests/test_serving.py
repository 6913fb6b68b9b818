"""Mirror in a network namespace: skopeo, curl and apt-get get what they request."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

import lab.instance
from infra import images, versions
from lab import cgroups, mirror, network
from lab.daemon import Daemon
from lab.instance import LabInstance
from lab.mirror import certificates
from lab.mirror.base import SUITE
from lab.mirror.servers import FILES, FILES_PORT, REGISTRY, REGISTRY_PORT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.lab

SITE = LabInstance("mirror-test", 249)
HERE = f"{SITE.inside}"


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Start the mirror; return the folder of its certificates."""
    monkeypatch.setattr(lab.instance, "STATE", tmp_path / "state")
    monkeypatch.setattr(lab.instance, "RUN", tmp_path / "run")
    network.make(SITE)
    try:
        mirror.up(SITE)
        yield SITE.state / "mirror"
    finally:
        mirror.down(SITE)
        network.remove(SITE)
        cgroups.clear(SITE.cgroup)


def inside(*command: str | Path) -> bytes:
    """Run a client in the site's network namespace."""
    there = ["nsenter", f"--net=/run/netns/{SITE.netns}", *command]
    return subprocess.run(there, capture_output=True, check=True).stdout


def processes() -> list[int | None]:
    return [Daemon(SITE, name).process() for name in (REGISTRY, FILES)]


def test_it_serves_images_downloads_and_packages(keys: Path, tmp_path: Path) -> None:
    trusted = tmp_path / "certificates"
    trusted.mkdir()
    (trusted / "ca.crt").write_bytes((keys / "ca.pem").read_bytes())
    name = f"{HERE}:{REGISTRY_PORT}/registry.k8s.io/kube-apiserver:v{versions.KUBERNETES}"
    image = tmp_path / "image"
    inside("skopeo", "copy", "--src-cert-dir", trusted, f"docker://{name}", f"oci:{image}:it")
    index = json.loads((image / "index.json").read_text())
    assert len(index["manifests"]) == 1

    for ours in images.names():
        if ours != images.BASE:  # the reference that the overlay computes is served
            where = f"docker://{images.reference(f'{HERE}:{REGISTRY_PORT}', ours)}"
            inside("skopeo", "inspect", "--config", "--cert-dir", trusted, where)
    with tarfile.open(keys / "charts" / f"kueue-{versions.KUEUE}.tgz") as chart:
        assert "kueue/Chart.yaml" in chart.getnames()

    base = f"https://{HERE}:{FILES_PORT}"
    program = f"{base}/dl.k8s.io/v{versions.KUBERNETES}/bin/linux/amd64/kubectl"
    fetch = ["curl", "--silent", "--fail", "--cacert", str(keys / "ca.pem")]
    told = inside(*fetch, f"{program}.sha256").decode()
    assert hashlib.sha256(inside(*fetch, program)).hexdigest() == told

    assert b"http" in apt(keys, tmp_path / "apt", "update")
    runc = apt(keys, tmp_path / "apt", "download", "--print-uris", "runc")
    assert f"'{base}/debian/pool/runc_".encode() in runc


def apt(keys: Path, root: Path, *command: str) -> bytes:
    """Run apt-get with the mirror as its only source."""
    for folder in ("lists/partial", "cache/archives/partial", "etc/preferences.d"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "status").touch()
    key = root / "etc" / "key.asc"  # apt takes a file of this ending as ASCII armoured
    key.write_bytes((keys / "apt.gpg").read_bytes())
    address = f"https://{HERE}:{FILES_PORT}/debian"
    (root / "etc" / "list").write_text(f"deb [signed-by={key}] {address} {SUITE} main\n")
    options = {
        "Acquire::https::CaInfo": keys / "ca.pem",
        "APT::Sandbox::User": "root",
        "Dir::Cache": root / "cache",
        "Dir::Etc::PreferencesParts": root / "etc" / "preferences.d",
        "Dir::Etc::SourceList": root / "etc" / "list",
        "Dir::Etc::SourceParts": "-",
        "Dir::State::Lists": root / "lists",
        "Dir::State::status": root / "status",
    }
    return inside("apt-get", *(f"-o{name}={value}" for name, value in options.items()), *command)


def test_a_second_up_starts_nothing_and_a_renewed_certificate_starts_both(
    keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = processes()
    mirror.up(SITE)
    assert processes() == first
    assert None not in first
    with monkeypatch.context() as short:
        short.setattr(certificates, "SERVER_LIFE", dt.timedelta(days=20))
        (keys / "server.pem").unlink()
        certificates.certify(keys, SITE.site, HERE)
    mirror.up(SITE)
    assert not {*first} & {*processes()}
    mirror.down(SITE)
    assert processes() == [None, None]
