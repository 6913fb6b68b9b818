"""Registry of a site: which of the platform's own images it has, and copies to it, by skopeo."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from infra import images
from infra.errors import ForegroundError

if TYPE_CHECKING:
    from pathlib import Path

    from toolchain.source import Tick

__all__ = ["Access", "Registry"]

_ABSENT: Final = re.compile(r"(?i)(?:manifest|name)[_ ]unknown|not found")

_ADDRESS: Final = re.compile(r"[\w\[][\w.:\[\]/-]*")
_AGAIN: Final = "the same command again, it goes on from here"

# Pattern in skopeo's output, problem, hint; the first that matches counts.
_CAUSES: Final = (
    (
        r"(?i)unauthorized|authentication required|denied|forbidden",
        "{host} refuses access to {repository}",
        "skopeo login --authfile FILE {host}, then the same command with --auth-file FILE",
    ),
    (
        r"HTTP response to HTTPS client|not look like a TLS handshake",
        "{host} does not use TLS",
        "http://{host} as the registry, if its network can be trusted",
    ),
    (
        r"x509|certificate",
        "the certificate of {host} is not trusted",
        "--ca-file FILE, with the certificate of the registry's authority",
    ),
    (
        r"no such host|dial tcp|connection refused|server misbehaving|timeout|unreachable|EOF",
        "{host} cannot be reached",
        "check the address and the network, then " + _AGAIN,
    ),
)


@dataclass(frozen=True)
class Access:
    """How to talk to a registry.

    Args:
        auth_file: Credentials, in the format of `skopeo login` and `docker login`; without it
            skopeo reads its usual files.
        ca_file: Certificate of the registry's authority; without it this machine's trust counts.
    """

    auth_file: Path | None = None
    ca_file: Path | None = None


@dataclass(frozen=True)
class Registry:
    """A registry, as `mirrors.registry` of the site file names it.

    Args:
        address: Host, port, and a path if its repositories have one.
        options: Options of skopeo that name credentials and certificates.
    """

    address: str
    options: tuple[str, ...] = ()

    @classmethod
    def named(cls, url: str, access: Access, scratch: Path) -> Self:
        """The registry of a URL, or of an address without `https://`.

        Args:
            url: What the site file has as `mirrors.registry`.
            access: Credentials and certificates.
            scratch: Folder that exists as long as the registry is used.

        Raises:
            ForegroundError: The URL cannot be one, or a file is missing.
        """
        scheme, _, address = url.rpartition("://")
        if scheme not in {"", "https", "http"} or not _ADDRESS.fullmatch(address):
            raise ForegroundError(
                f"{url!r} is not the address of a registry", "REGISTRY as in https://host:5000"
            )
        for file in (access.auth_file, access.ca_file):
            if file and not file.is_file():
                raise ForegroundError(f"there is no file {file}", "the path of a file")
        options: list[str] = []
        if access.auth_file:
            options += ["--authfile", str(access.auth_file)]
        if access.ca_file:
            shutil.copyfile(access.ca_file, scratch / "ca.crt")  # skopeo takes a folder only
            options += ["--cert-dir", str(scratch)]
        if scheme == "http":
            options += ["--tls-verify=false"]
        return cls(address.rstrip("/"), tuple(options))

    @property
    def host(self) -> str:
        """Host and port."""
        return self.address.partition("/")[0]

    def digest(self, name: str, tick: Tick) -> str | None:
        """Digest of an image in the registry; None if it is not there.

        Raises:
            ForegroundError: The registry does not say.
        """
        where = f"docker://{images.reference(self.address, name)}"
        done = _skopeo(["inspect", "--raw", *self.options, where], tick)
        if not done.returncode:
            return _digest(done.stdout)
        if _ABSENT.search(done.stderr.decode(errors="replace")):
            return None
        raise self._explained(name, done.stderr)

    def copy(self, name: str, layout: Path, tick: Tick) -> None:
        """Copy an OCI layout to the registry, byte for byte.

        Raises:
            ForegroundError: It failed.
        """
        options = [re.sub(r"^--(cert-dir|tls-verify)", r"--dest-\1", o) for o in self.options]
        source = f"oci:{layout}:{images.key(name)}"
        target = f"docker://{images.reference(self.address, name)}"
        command = ["copy", "--quiet", "--preserve-digests", *options, source, target]
        done = _skopeo(command, tick)
        if done.returncode:
            raise self._explained(name, done.stderr)

    def _explained(self, name: str, output: bytes) -> ForegroundError:
        text = output.decode(errors="replace")
        words = {"host": self.host, "repository": images.repository(name)}
        for pattern, problem, hint in _CAUSES:
            if re.search(pattern, text):
                return ForegroundError(problem.format(**words), hint.format(**words))
        return ForegroundError(
            f"{words['repository']} was not pushed to {self.host}",
            _AGAIN,
            details=[
                line.partition('msg="')[2] or line for line in text.strip().splitlines()[-2:]
            ],
        )


def _digest(manifest: bytes) -> str:
    return f"sha256:{hashlib.sha256(manifest).hexdigest()}"


def _skopeo(arguments: list[str], tick: Tick) -> subprocess.CompletedProcess[bytes]:
    """Run skopeo, which ends when this process does."""
    if not shutil.which("skopeo"):
        raise ForegroundError("skopeo is not installed", "make setup")
    command = ["setpriv", "--pdeathsig=TERM", "skopeo", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe) as skopeo:
        try:
            while True:
                tick()
                try:
                    output, errors = skopeo.communicate(timeout=0.5)
                except subprocess.TimeoutExpired:
                    continue
                return subprocess.CompletedProcess(command, skopeo.returncode, output, errors)
        finally:
            if skopeo.poll() is None:
                skopeo.terminate()
