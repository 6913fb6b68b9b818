"""Storage of the mirror's registry, filled by pushing to a registry on a Unix socket."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import tempfile
from contextlib import closing, contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlencode, urlsplit

import yaml

from infra.errors import ForegroundError
from lab.mirror.children import ending_with_us
from lab.mirror.images import MANIFEST_TYPE, digest
from lab.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO

    from lab.mirror.layers import Layer

ENVIRONMENT = {"OTEL_TRACES_EXPORTER": "none"}
"""distribution v3 sends traces to localhost:4318 by default."""

START_S = 10.0


class Image(Protocol):
    """Image that can be pushed: lab.mirror.images.Image or lab.mirror.layouts.Layout."""

    @property
    def name(self) -> str: ...  # noqa: D102 - the names say it
    @property
    def tag(self) -> str: ...  # noqa: D102
    @property
    def reference(self) -> str: ...  # noqa: D102

    @property
    def manifest(self) -> bytes:
        """The manifest's bytes."""

    @property
    def config(self) -> bytes:
        """The configuration's bytes."""

    @property
    def layers(self) -> tuple[Layer, ...]:
        """From the lowest."""


def settings(storage: Path, *, http: dict[str, object], readonly: bool) -> str:
    """The registry's configuration file."""
    return yaml.safe_dump(
        {
            "version": 0.1,
            "log": {"level": "warn", "accesslog": {"disabled": True}},
            "storage": {
                "filesystem": {"rootdirectory": str(storage)},
                # the storage holds what was built: nothing is removed from it
                "maintenance": {
                    "uploadpurging": {"enabled": False},
                    "readonly": {"enabled": readonly},
                },
            },
            "http": {"relativeurls": True, **http},
        }
    )


def fill(program: Path, storage: Path, images: Iterable[Image]) -> None:
    """Push these images, under their upstream names, into an empty storage."""
    with _serving(program, storage) as connection:
        registry = _Registry(connection)
        for image in images:
            registry.push(image)


@contextmanager
def _serving(program: Path, storage: Path) -> Iterator[_Connection]:
    with tempfile.TemporaryDirectory(prefix="foreground-registry-") as folder:
        address = Path(folder) / "socket"
        config = Path(folder) / "config.yml"
        config.write_text(
            settings(storage, http={"net": "unix", "addr": str(address)}, readonly=False)
        )
        with (
            closing(_Connection(address)) as connection,
            subprocess.Popen(
                ending_with_us([program, "serve", config]),
                env={**os.environ, **ENVIRONMENT},
                stderr=subprocess.PIPE,
            ) as process,
        ):
            try:
                until(
                    lambda: process.poll() is not None or connection.answers(),
                    "the registry that fills the mirror's storage answers",
                    START_S,
                )
                if process.poll() is not None:
                    assert process.stderr is not None  # noqa: S101 - Popen's type cannot say so
                    raise ForegroundError(
                        f"the registry ended: {process.stderr.read().decode().strip()[-300:]}"
                    )
                yield connection
            finally:
                process.terminate()


class _Connection(http.client.HTTPConnection):
    """HTTP over a socket file."""

    def __init__(self, address: Path) -> None:
        super().__init__("localhost", timeout=60)
        self.address = address

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.address))

    def answers(self) -> bool:
        try:
            self.request("GET", "/v2/")
            return self.getresponse().read() is not None
        except OSError:
            self.close()
            return False


class _Registry:
    """Client of the distribution API, for pushing images."""

    def __init__(self, connection: _Connection) -> None:
        self.connection = connection
        self.home: dict[str, str] = {}
        """A repository that has the blob, by its digest."""

    def push(self, image: Image) -> None:
        for layer in image.layers:
            if not self._mounted(image.name, layer.digest):
                with layer.blob.open("rb") as blob:
                    self._upload(image.name, layer.digest, blob, layer.size)
        config = digest(image.config)
        if not self._mounted(image.name, config):
            self._upload(image.name, config, image.config, len(image.config))
        self._ask(
            "PUT",
            f"/v2/{image.name}/manifests/{image.tag}",
            HTTPStatus.CREATED,
            body=image.manifest,
            headers={"Content-Type": MANIFEST_TYPE},
        )

    def _mounted(self, name: str, blob: str) -> bool:
        """Whether the blob is there, shared from another repository if one has it."""
        if self.home.setdefault(blob, name) == name:
            return False
        where = urlencode({"mount": blob, "from": self.home[blob]})
        self._ask("POST", f"/v2/{name}/blobs/uploads/?{where}", HTTPStatus.CREATED)
        return True

    def _upload(self, name: str, blob: str, body: bytes | IO[bytes], size: int) -> None:
        begun = self._ask("POST", f"/v2/{name}/blobs/uploads/", HTTPStatus.ACCEPTED)
        place = urlsplit(begun.headers["Location"])
        self._ask(
            "PUT",
            f"{place.path}?{place.query}&{urlencode({'digest': blob})}",
            HTTPStatus.CREATED,
            body=body,
            headers={"Content-Type": "application/octet-stream", "Content-Length": str(size)},
        )

    def _ask(
        self,
        method: str,
        path: str,
        expected: HTTPStatus,
        *,
        body: bytes | IO[bytes] | None = None,
        headers: dict[str, str] | None = None,
    ) -> http.client.HTTPResponse:
        self.connection.request(method, path, body=body, headers=headers or {})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != expected:
            raise ForegroundError(
                f"the registry answered {answer.status} to {method} {path}: {text.decode()[:300]}"
            )
        return answer
