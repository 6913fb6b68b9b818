"""Push of images: real skopeo, and for the complete way a real registry with TLS and passwords."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import http.client
import ipaddress
import json
import socket
import ssl
import subprocess
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import toolchain
from infra import images
from infra.errors import ForegroundError
from toolchain import containers
from toolchain.push import push
from toolchain.registry import Access, Registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "ingress/one"
USER, PASSWORD = "operator", "a password"
HASH = "$2b$05$yrh00XGvOpRjueOt75azi.TzhN0Fn3rpG3Aiqkl2TEqvXMi4dSK3q"
"""Of the password, by bcrypt."""


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The layout of the only image, as if it had just been built."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(images, "SERVICES", tmp_path / "services")
    source = images.SERVICES / NAME
    source.mkdir(parents=True)
    (source / "Containerfile").write_text("FROM scratch\n")
    place = containers.layout(NAME)
    write_layout(place, b"content")
    return place


def write_layout(place: Path, content: bytes) -> None:
    """Write an OCI layout with one layer that is this content."""
    blobs = place / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)

    def blob(data: bytes, kind: str) -> dict[str, object]:
        name = hashlib.sha256(data).hexdigest()
        (blobs / name).write_bytes(data)
        media = f"application/vnd.oci.image.{kind}"
        return {"mediaType": media, "digest": f"sha256:{name}", "size": len(data)}

    layer = blob(content, "layer.v1.tar")
    rootfs = {"type": "layers", "diff_ids": [layer["digest"]]}
    config = {"architecture": "amd64", "os": "linux", "rootfs": rootfs}
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": blob(json.dumps(config).encode(), "config.v1+json"),
        "layers": [layer],
    }
    entry = blob(json.dumps(manifest).encode(), "manifest.v1+json")
    entry["annotations"] = {"org.opencontainers.image.ref.name": images.key(NAME)}
    (place / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    (place / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "registry")])
    now = dt.datetime.now(dt.UTC)
    alternatives = [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "registry.pem", folder / "registry.key"
    files[0].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


@dataclass
class Running:
    """A registry that runs, and what a person needs to use it."""

    address: str
    access: Access


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Running]:
    """The registry of the toolchain, with TLS and a password."""
    program = toolchain.path("registry")  # before a test moves the cache
    pem, key = certificate(tmp_path)
    (tmp_path / "htpasswd").write_text(f"{USER}:{HASH}\n")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (tmp_path / "config.yml").write_text(
        json.dumps(
            {
                "version": 0.1,
                "log": {"level": "error", "accesslog": {"disabled": True}},
                "storage": {"filesystem": {"rootdirectory": str(tmp_path / "storage")}},
                "auth": {"htpasswd": {"realm": "here", "path": str(tmp_path / "htpasswd")}},
                "http": {
                    "addr": f"127.0.0.1:{port}",
                    "secret": "of this test",
                    "tls": {"certificate": str(pem), "key": str(key)},
                },
            }
        )
    )
    address = f"127.0.0.1:{port}"
    login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    (tmp_path / "auth.json").write_text(json.dumps({"auths": {address: {"auth": login}}}))
    environment = {"OTEL_TRACES_EXPORTER": "none"}
    with subprocess.Popen(
        [program, "serve", tmp_path / "config.yml"], env=environment, stderr=subprocess.DEVNULL
    ) as process:
        try:
            wait_for_response(port, pem)
            yield Running(address, Access(tmp_path / "auth.json", pem))
        finally:
            process.terminate()


def wait_for_response(port: int, pem: Path) -> None:
    deadline = time.monotonic() + 10
    while True:
        trust = ssl.create_default_context(cafile=pem)
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=trust, timeout=5)
        try:
            connection.request("GET", "/v2/")
            assert connection.getresponse().status == 401
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()


@pytest.mark.engine  # it needs the registry that the toolchain built
def test_an_image_is_pushed_once_and_never_replaced_unasked(
    registry: Running, layout: Path
) -> None:
    url, access = f"https://{registry.address}", registry.access
    reference = images.reference(registry.address, NAME)
    assert list(push(url, access)) == [f"{reference} pushed"]
    assert list(push(url, access)) == [f"{reference} is there, and is the same as here"]

    write_layout(layout, b"of another build")
    (line,) = push(url, access)
    assert "from another build of the same sources (--replace)" in line
    assert list(push(url, access, replace=True)) == [f"{reference} replaced"]

    layout.rename(layout.with_name("elsewhere"))
    assert list(push(url, access)) == [f"{reference} is there"]  # and nothing is built


@pytest.mark.engine
def test_each_missing_credential_is_an_error_that_says_the_option(
    registry: Running, layout: Path
) -> None:
    assert layout.is_dir()
    no_password = Access(ca_file=registry.access.ca_file)
    with pytest.raises(ForegroundError, match="refuses access to foreground/ingress-one") as said:
        list(push(registry.address, no_password))
    assert "--auth-file FILE" in str(said.value.hint)
    no_trust = Access(auth_file=registry.access.auth_file)
    with pytest.raises(ForegroundError, match=r"certificate of .* is not trusted") as said:
        list(push(registry.address, no_trust))
    assert "--ca-file FILE" in str(said.value.hint)


@pytest.mark.usefixtures("layout")
def test_a_registry_that_does_not_run_cannot_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ForegroundError, match=f"127.0.0.1:{port} cannot be reached"):
        list(push(f"127.0.0.1:{port}", Access()))


@contextmanager
def plain_http() -> Iterator[str]:
    """A server without TLS that knows no image."""

    class Empty(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b'{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}'
            self.send_response(200 if self.path == "/v2/" else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Empty) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.usefixtures("layout")
def test_tls_is_the_default_and_http_has_to_be_asked_for(tmp_path: Path) -> None:
    with plain_http() as address:
        with pytest.raises(ForegroundError, match="does not use TLS") as said:
            list(push(address, Access()))
        assert str(said.value.hint).startswith(f"http://{address}")
        plain = Registry.named(f"http://{address}", Access(), tmp_path)
        assert plain.digest(NAME, lambda: None) is None


@pytest.mark.parametrize("url", ["ftp://host", "https://", "host name", "-host"])
def test_what_is_no_address_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ForegroundError, match="is not the address of a registry"):
        Registry.named(url, Access(), tmp_path)


def test_a_file_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ForegroundError, match="there is no file"):
        Registry.named("host", Access(auth_file=tmp_path / "none"), tmp_path)


def test_a_registry_may_have_a_path_below_its_host(tmp_path: Path) -> None:
    named = Registry.named("https://host.example:5000/team/", Access(), tmp_path)
    assert (named.address, named.host) == ("host.example:5000/team", "host.example:5000")
    assert named.options == ()
