"""Kubernetes API server for tests: etcd and kube-apiserver on loopback, without a cluster."""

from __future__ import annotations

import secrets
import socket
import subprocess
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

import toolchain
from infra.errors import ForegroundError
from lab.private_files import write_private
from lab.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["ApiServer", "Response", "started"]

HERE: Final = "127.0.0.1"
READY_S: Final = 90.0
END_S: Final = 20.0
ATTEMPTS: Final = 3
"""A free port may be taken by another process before kube-apiserver binds it."""
LAST: Final = 1500
"""Characters of a program's log that an error shows."""


@dataclass(frozen=True)
class Response:
    """Response of the API server to one request.

    Attributes:
        status: HTTP status code.
        body: The object as the API server returned it, or a `Status` that says why it was refused.
        warnings: Texts of the `Warning` headers.
    """

    status: int
    body: dict[str, Any]
    warnings: tuple[str, ...]

    @property
    def accepted(self) -> bool:
        """Whether the API server accepted the request."""
        return self.status < httpx.codes.BAD_REQUEST

    @property
    def message(self) -> str:
        """Why the request was refused; empty when it was accepted."""
        return "" if self.accepted else str(self.body["message"])


@dataclass(frozen=True)
class ApiServer:
    """REST client of a running API server, with the rights of `system:masters`."""

    http: httpx.Client

    def create(self, manifest: dict[str, Any], *, dry_run: bool = False) -> Response:
        """Create an object; a dry run passes through admission, but stores nothing."""
        return self._send("POST", collection(manifest), manifest, dry_run=dry_run)

    def replace(self, manifest: dict[str, Any], *, dry_run: bool = False) -> Response:
        """Replace an existing object."""
        path = f"{collection(manifest)}/{manifest['metadata']['name']}"
        return self._send("PUT", path, manifest, dry_run=dry_run)

    def is_ready(self) -> bool:
        """Whether the API server answers and all of its start-up hooks have run."""
        try:
            return self.http.get("/readyz").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def _send(self, verb: str, path: str, manifest: dict[str, Any], *, dry_run: bool) -> Response:
        params = {"dryRun": "All"} if dry_run else {}
        answer = self.http.request(verb, path, params=params, json=manifest)
        warnings = tuple(_text(each) for each in answer.headers.get_list("warning"))
        return Response(answer.status_code, answer.json(), warnings)


def collection(manifest: dict[str, Any]) -> str:
    """Return the URL path of the collection that an object belongs to."""
    version, kind = str(manifest["apiVersion"]), str(manifest["kind"]).lower()
    ending = {"y": "ies", "s": "ses"}.get(kind[-1], f"{kind[-1]}s")
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    namespace = manifest["metadata"].get("namespace")
    inside = f"/namespaces/{namespace}" if namespace else ""
    return f"{root}{inside}/{kind[:-1]}{ending}"


def _text(warning: str) -> str:
    """Return the quoted text of a header like `299 - "text"`."""
    return warning.partition('"')[2].removesuffix('"').replace('\\"', '"')


@contextmanager
def started(folder: Path) -> Iterator[ApiServer]:
    """Start etcd and kube-apiserver, yield a client, and end both processes afterwards.

    Args:
        folder: An empty folder for data, keys and logs; nobody else may read it.

    Raises:
        ForegroundError: A program is not built, or it does not become ready.
    """
    for attempt in range(1, ATTEMPTS + 1):
        with ExitStack() as stack:
            try:
                server = _start(folder / str(attempt), stack)
            except _EndedError:
                if attempt == ATTEMPTS:
                    raise
                continue
            yield server
            return


class _EndedError(ForegroundError):
    """A program ended while it started."""


def _start(folder: Path, stack: ExitStack) -> ApiServer:
    folder.mkdir(mode=0o700)
    token = secrets.token_hex()
    write_private(folder / "tokens.csv", f"{token},tests,tests,system:masters\n")
    write_private(folder / "service-accounts.key", _private_key())
    store, peers, port = (_free_port() for _ in range(3))
    etcd = _run(folder, _etcd(folder, store, peers), stack)
    (folder / "kube-apiserver").symlink_to(toolchain.path("kube"))  # it acts by this name
    kube = _run(folder, _kube_apiserver(folder, store, port), stack)
    base = f"https://{HERE}:{port}"
    headers = {"Authorization": f"Bearer {token}"}
    # its self-signed certificate does not exist yet; nothing but loopback is spoken to
    http = httpx.Client(base_url=base, headers=headers, verify=False, trust_env=False)  # noqa: S501
    server = ApiServer(stack.enter_context(http))

    def is_ready() -> bool:
        for process, name in ((etcd, "etcd"), (kube, "kube-apiserver")):
            if process.poll() is not None:
                last = (folder / f"{name}.log").read_text(errors="replace")[-LAST:]
                raise _EndedError(f"{name} ended while it started: {last}")
        return server.is_ready()

    until(is_ready, f"kube-apiserver of {folder} is ready", READY_S)
    return server


def _etcd(folder: Path, store: int, peers: int) -> list[str]:
    return [
        str(toolchain.path("etcd")),
        f"--data-dir={folder}/etcd",
        f"--listen-client-urls=http://{HERE}:{store}",
        f"--advertise-client-urls=http://{HERE}:{store}",
        f"--listen-peer-urls=http://{HERE}:{peers}",
        "--unsafe-no-fsync",  # the data is thrown away
        "--log-level=warn",
    ]


def _kube_apiserver(folder: Path, store: int, port: int) -> list[str]:
    return [
        f"{folder}/kube-apiserver",
        f"--etcd-servers=http://{HERE}:{store}",
        f"--bind-address={HERE}",
        f"--advertise-address={HERE}",
        f"--secure-port={port}",
        f"--cert-dir={folder}",
        "--authorization-mode=RBAC",
        f"--token-auth-file={folder}/tokens.csv",
        "--service-account-issuer=https://tests.example",
        f"--service-account-key-file={folder}/service-accounts.key",
        f"--service-account-signing-key-file={folder}/service-accounts.key",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--endpoint-reconciler-type=none",
        # no controller manager runs that would create the account `default` in each namespace
        "--disable-admission-plugins=ServiceAccount",
    ]


def _run(folder: Path, command: list[str], stack: ExitStack) -> subprocess.Popen[bytes]:
    """Start a program that ends with the ExitStack, and also when pytest itself is killed."""
    name = command[0].rpartition("/")[2]
    log = stack.enter_context((folder / f"{name}.log").open("wb"))
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", *command], cwd=folder, stdout=log, stderr=log
    )
    stack.callback(_end, process)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        return int(probe.getsockname()[1])


def _private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = serialization.Encoding.PEM
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(pem, form, serialization.NoEncryption()).decode()
