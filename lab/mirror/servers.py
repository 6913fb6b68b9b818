"""Servers of one site's mirror: a registry and a file server in its network namespace."""

from __future__ import annotations

import http.client
import json
import ssl
import sys
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from lab.daemon import Daemon
from lab.mirror import catalogue, certificates, packages, registry
from lab.mirror.base import SUITE
from lab.mirror.content import Content, build
from lab.mirror.programs import REGISTRY as REGISTRY_PROGRAM
from lab.mirror.programs import programs
from lab.mirror.progress import say
from lab.namespaces import NAMESPACES, connect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.instance import LabInstance

REGISTRY, FILES = "mirror-registry", "mirror-files"
REGISTRY_PORT, FILES_PORT = 5000, 8081
START_S = 10.0
FILE_SERVER = Path(__file__).with_name("fileserver.py")


@dataclass(frozen=True)
class _Place:
    """Folders and address of one site's mirror."""

    keys: Path
    """Certificates and keys; they stay until the site is reset."""
    run: Path
    """Configuration files; removed when the lab stops."""
    namespace: Path
    address: str

    @classmethod
    def of(cls, instance: LabInstance) -> _Place:
        return cls(
            keys=instance.state / "mirror",
            run=instance.run / "mirror",
            namespace=NAMESPACES / instance.netns,
            address=str(instance.inside),
        )

    @property
    def authority(self) -> Path:
        """Certificate of the authority that clients must trust."""
        return self.keys / "ca.pem"

    @property
    def tls(self) -> dict[str, str]:
        """Certificate and key of both servers."""
        return {
            "certificate": str(self.keys / "server.pem"),
            "key": str(self.keys / "server.key"),
        }


def up(instance: LabInstance) -> None:
    """Start the mirror of one site; a server that runs with the same configuration stays."""
    serve(instance, programs())


def serve(instance: LabInstance, tools: Mapping[str, Path]) -> None:
    """Start the mirror with these programs."""
    content = build(tools)
    place = _Place.of(instance)
    place.run.mkdir(parents=True, exist_ok=True, mode=0o700)
    certificates.certify(place.keys, instance.site, place.address)
    (place.keys / "apt.gpg").write_bytes((content.debian / packages.KEY).read_bytes())
    _write_charts(place.keys / "charts", tools)
    started = (
        (_registry(instance, tools[REGISTRY_PROGRAM], content), REGISTRY_PORT, "/v2/"),
        (_files(instance, content), FILES_PORT, f"/debian/dists/{SUITE}/InRelease"),
    )
    for daemon, _, _ in started:
        daemon.start()
    for daemon, port, path in started:
        daemon.ready(partial(_answers, place, port, path), START_S)
    say(f"mirror of {instance.site}: {len(content.images)} images, downloads, packages")


def down(instance: LabInstance) -> None:
    """Stop both servers; keys and certificates stay in the site's state."""
    for name in (REGISTRY, FILES):
        Daemon(instance, name).stop()


def _registry(instance: LabInstance, program: Path, content: Content) -> Daemon:
    place = _Place.of(instance)
    listen: dict[str, object] = {"addr": f"{place.address}:{REGISTRY_PORT}", "tls": place.tls}
    text = registry.settings(content.registry, http=listen, readonly=True)
    file = place.run / "registry.yml"
    file.write_text(text)
    command = (program, "serve", file)
    return Daemon(instance, REGISTRY, command, text + _certificate(place), registry.ENVIRONMENT)


def _files(instance: LabInstance, content: Content) -> Daemon:
    place = _Place.of(instance)
    folders = {"": str(content.artefacts), "debian": str(content.debian)}
    text = json.dumps({"address": [place.address, FILES_PORT], "folders": folders, **place.tls})
    file = place.run / "files.json"
    file.write_text(text)
    command = (sys.executable, "-I", FILE_SERVER, file)
    return Daemon(instance, FILES, command, text + _certificate(place) + FILE_SERVER.read_text())


def _write_charts(folder: Path, tools: Mapping[str, Path]) -> None:
    """Write the Helm charts to the folder where `pulumi up` on this machine reads them."""
    folder.mkdir(exist_ok=True, mode=0o700)
    wanted = catalogue.charts(tools)
    for old in folder.iterdir():
        if old.name not in wanted:
            old.unlink()
    for name, chart in wanted.items():
        new = folder / f".{name}"
        new.write_bytes(chart.read_bytes())
        new.replace(folder / name)


def _certificate(place: _Place) -> str:
    """The servers' certificate: part of their configuration, so a renewed one restarts them."""
    return Path(place.tls["certificate"]).read_text()


def _answers(place: _Place, port: int, path: str) -> bool:
    """Whether a server responds to a client that trusts the site's authority."""
    context = ssl.create_default_context(cafile=str(place.authority))
    connection = _Inside(place, port, context)
    try:
        connection.request("HEAD", path)
        return connection.getresponse().status == HTTPStatus.OK
    except ConnectionRefusedError:
        return False
    finally:
        connection.close()


class _Inside(http.client.HTTPSConnection):
    """HTTPS connection to the mirror, made in the site's network namespace."""

    def __init__(self, place: _Place, port: int, context: ssl.SSLContext) -> None:
        super().__init__(certificates.NAME, port, timeout=START_S, context=context)
        self.place = place
        self.context = context

    def connect(self) -> None:
        plain = connect(self.place.namespace, (self.place.address, self.port), START_S)
        self.sock = self.context.wrap_socket(plain, server_hostname=self.host)
