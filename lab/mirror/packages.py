"""Signed Debian repository: the packages that the roles pin, and their dependencies."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import yaml

from infra.errors import ForegroundError
from lab.mirror import cache
from lab.mirror.base import SUITE
from lab.mirror.children import run
from lab.mirror.progress import say

PINNED = Path(__file__).resolve().parents[2] / "playbooks" / "packages.yml"
KEY_OWNER = "Foreground mirror (signs the packages of one machine's labs)"
KEY = "key.asc"
"""File of the public key, next to `dists/`; one key signs all repositories of this cache."""

ONLY_DEBIAN = """\
Package: *
Pin: release o=Debian
Pin-Priority: 500

Package: *
Pin: release o=*
Pin-Priority: -1
"""
"""Preferences of apt: packages of Debian only, whatever repositories this machine has."""


def pinned() -> tuple[str, ...]:
    """Packages that the roles install, as `name=version`."""
    if not PINNED.is_file():
        raise ForegroundError(f"{PINNED} is missing: it names the packages that the roles install")
    lists = yaml.safe_load(PINNED.read_text())["packages"]
    return tuple(sorted({package for packages in lists.values() for package in packages}))


def repository(packages: tuple[str, ...]) -> Path:
    """Folder of the repository of these packages, with `dists/` and `pool/`."""
    return cache.ensure("apt", ["apt repository", 2, packages], lambda new: _make(new, packages))


def _make(new: Path, packages: tuple[str, ...]) -> None:
    pool = new / "pool"
    pool.mkdir()
    say(f"apt repository: {len(packages)} packages and their dependencies")
    _download(packages, new / "apt", pool)
    _index(new)
    _sign(new / "dists" / SUITE)
    (new / KEY).write_bytes(_gpg("--armor", "--export", KEY_OWNER).stdout)


def _download(packages: tuple[str, ...], state: Path, pool: Path) -> None:
    """Download the packages with all their dependencies."""
    for folder in ("lists/partial", "preferences.d", "archives/partial"):
        (state / folder).mkdir(parents=True)
    (state / "preferences").write_text(ONLY_DEBIAN)
    (state / "status").touch()
    options = {
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "root",
        "Debug::NoLocking": "true",
        "Dir::Cache::archives": f"{state}/archives",
        "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "",
        "Dir::Etc::preferences": f"{state}/preferences",
        "Dir::Etc::preferencesparts": f"{state}/preferences.d",
        "Dir::State": str(state),
        "Dir::State::lists": f"{state}/lists",
        "Dir::State::status": f"{state}/status",
    }
    apt = ["apt-get", "--quiet=2", *(f"-o{name}={value}" for name, value in options.items())]
    run([*apt, "update"], "apt-get update failed on this machine")
    run(
        [*apt, "install", "--yes", "--download-only", *packages],
        "a pinned package cannot be downloaded; check playbooks/packages.yml",
    )
    for package in sorted((state / "archives").glob("*.deb")):
        package.rename(pool / package.name)
    run(["rm", "-r", str(state)], "the folder of apt cannot be removed")


def _index(folder: Path) -> None:
    dist = folder / "dists" / SUITE
    binary = dist / "main" / "binary-amd64"
    binary.mkdir(parents=True)
    listing = run(["apt-ftparchive", "packages", "pool"], "cannot list packages", cwd=folder)
    (binary / "Packages").write_bytes(listing)
    facts = {
        "Origin": "Foreground",
        "Label": "Foreground mirror",
        "Suite": SUITE,
        "Codename": SUITE,
        "Architectures": "amd64",
        "Components": "main",
    }
    options = [f"-oAPT::FTPArchive::Release::{name}={value}" for name, value in facts.items()]
    release = run(["apt-ftparchive", *options, "release", str(dist)], "cannot write Release")
    (dist / "Release").write_bytes(release)


def _sign(dist: Path) -> None:
    if not _gpg("--list-secret-keys", KEY_OWNER, check=False).stdout:
        _gpg("--passphrase", "", "--quick-generate-key", KEY_OWNER, "ed25519", "sign", "never")
    release = str(dist / "Release")
    _gpg("--output", str(dist / "InRelease"), "--clearsign", release)
    _gpg("--armor", "--output", str(dist / "Release.gpg"), "--detach-sign", release)


def _gpg(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    """Run gpg with the mirror's own keyring, and end the agent that it starts."""
    home = cache.root() / "gnupg"
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    environment = {**os.environ, "GNUPGHOME": str(home)}
    try:
        done = subprocess.run(
            ["gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", *arguments],
            env=environment,
            capture_output=True,
            check=False,
        )
    finally:
        subprocess.run(["gpgconf", "--kill", "all"], env=environment, check=True)
    if check and done.returncode:
        raise ForegroundError(f"gpg {arguments[-1]}: {done.stderr.decode().strip()[-300:]}")
    return done
