"""OIDC issuer and SNI proxy (front door) of a lab: starts and stops both, writes their files."""

from __future__ import annotations

import http.client
import json
import shutil
import ssl
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from lab.daemon import Daemon
from lab.identity import door, names
from lab.identity.keys import have_client, have_keys
from lab.identity.packages import ISSUER, node, packages
from lab.identity.people import have_people
from lab.mirror import certificates
from lab.namespaces import NAMESPACES, connect
from lab.private_files import write_private

if TYPE_CHECKING:
    from ipaddress import IPv4Address
    from pathlib import Path

    from lab.instance import LabInstance

__all__ = ["ISSUER_DAEMON", "down", "up"]

ISSUER_DAEMON = "issuer"
HUB_CLIENT = "hub"
START_S = 20.0


def up(instance: LabInstance) -> bool:
    """Start both if needed; return whether one was started."""
    write(instance)
    daemons = [_issuer(instance, packages()), door.daemon(instance)]
    started = [daemon.start() for daemon in daemons]
    for daemon, at in zip(daemons, (instance.inside, names.door(instance)), strict=True):
        daemon.ready(partial(_answers, instance, at), START_S)
    return any(started)


def down(instance: LabInstance) -> None:
    """Stop both; people, clients, keys and sessions stay in the site's state."""
    for name in (door.DAEMON, ISSUER_DAEMON):
        Daemon(instance, name).stop()
    (instance.run / "forward.d" / "identity.json").unlink(missing_ok=True)


def write(instance: LabInstance) -> None:
    """Ensure people, clients, keys and the certificate in the site's state."""
    folder = names.folder(instance)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    have_people(folder)
    have_keys(folder)
    hub = f"https://{names.HUB}:{names.port(instance)}/hub"
    have_client(folder, HUB_CLIENT, "JupyterHub", [f"{hub}/oauth_callback", f"{hub}/"])
    authority = names.authority(instance)
    certificates.ensure_authority(authority, instance.site)
    shown = [names.ISSUER, names.HUB, f"*.{names.DOMAIN}"]
    certificates.ensure_server(folder, authority, shown, str(instance.inside))


def _issuer(instance: LabInstance, modules: Path) -> Daemon:
    folder, run = names.folder(instance), instance.run / "identity"
    settings = {
        "issuer": names.issuer_url(instance),
        "address": str(instance.inside),
        "port": names.port(instance),
        "certificate": str(folder / "server.pem"),
        "key": str(folder / "server.key"),
        "signing": str(folder / "signing.pem"),
        "cookies": str(folder / "cookies.key"),
        "people": str(folder / "people.yaml"),
        "clients": str(folder / "clients.json"),
        "store": str(folder / "sessions.sqlite"),
    }
    text = json.dumps(settings, indent=2)
    write_private(run / "issuer.json", text)
    sources = _laid_out(run / "issuer", modules)
    read = [(folder / name).read_text() for name in ("server.pem", "signing.pem", "cookies.key")]
    command = (node(), "--disable-warning=ExperimentalWarning", run / "issuer" / "main.mjs")
    return Daemon(
        instance,
        ISSUER_DAEMON,
        [*command, run / "issuer.json"],
        settings="".join([text, str(modules), sources, *read]),
    )


def _laid_out(folder: Path, modules: Path) -> str:
    """Copy the sources next to their packages, where Node looks for them; return the copy."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    (folder / "node_modules").symlink_to(modules)
    sources = [*sorted(ISSUER.glob("*.mjs")), ISSUER / "package.json"]
    for source in sources:
        shutil.copy(source, folder)
    return "".join(source.read_text() for source in sources)


def _answers(instance: LabInstance, at: IPv4Address) -> bool:
    """Whether the issuer's metadata is served there to a client that trusts the authority."""
    connection = _At(instance, at)
    try:
        connection.request("GET", "/.well-known/openid-configuration")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False  # Traefik accepts and closes connections until it has read its routes
    finally:
        connection.close()


class _At(http.client.HTTPSConnection):
    """HTTPS connection to the issuer's name, at an address in the site's namespace."""

    def __init__(self, instance: LabInstance, at: IPv4Address) -> None:
        trusted = ssl.create_default_context(cafile=str(names.authority(instance) / "ca.pem"))
        super().__init__(names.ISSUER, names.port(instance), timeout=START_S, context=trusted)
        self.trusted = trusted
        self.namespace = NAMESPACES / instance.netns
        self.at = str(at)

    def connect(self) -> None:
        plain = connect(self.namespace, (self.at, self.port), START_S)
        self.sock = self.trusted.wrap_socket(plain, server_hostname=self.host)
