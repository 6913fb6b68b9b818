"""Front door: a TLS passthrough proxy on one port of the host, routed by server name (SNI).

TLS is passed through untouched: the issuer and the site's own ingress hold the certificates.
"""

from __future__ import annotations

import errno
import http.client
import json
import socket
import ssl
from typing import TYPE_CHECKING

import toolchain
from infra.errors import ForegroundError
from lab.daemon import Daemon
from lab.identity import names
from lab.private_files import write_private

if TYPE_CHECKING:
    from pathlib import Path

    from lab.instance import LabInstance

__all__ = [
    "DAEMON",
    "HOST",
    "daemon",
    "follow",
    "leads_on",
    "opens",
    "refuse_taken_port",
    "send_on",
]

DAEMON = "front-door"
HOST = "127.0.0.1"
"""Its address on the host, to which browsers resolve every name below `localhost`."""
ANSWER_S = 10.0


def daemon(instance: LabInstance) -> Daemon:
    """Return its daemon, after writing its configuration."""
    at = f"{names.door(instance)}:{names.port(instance)}"
    watched = follow(instance)
    command: list[str | Path] = [
        toolchain.ensure(["traefik"])["traefik"],
        f"--entryPoints.door.address={at}",
        f"--providers.file.directory={watched}",
        "--global.checkNewVersion=false",
        "--global.sendAnonymousUsage=false",
        "--log.level=ERROR",
        "--log.noColor=true",
    ]
    route = (HOST, names.port(instance), str(names.door(instance)), names.port(instance))
    write_private(instance.run / "forward.d" / "identity.json", json.dumps([route]))
    return Daemon(instance, DAEMON, command)


def send_on(instance: LabInstance, address: str, port: int) -> None:
    """Route all names but the issuer's to the site's ingress, an address in the namespace."""
    ingress = {"address": address, "port": port}
    write_private(names.folder(instance) / "ingress.json", json.dumps(ingress) + "\n")
    if instance.run.is_dir():
        follow(instance)


def refuse_taken_port(instance: LabInstance) -> None:
    """Check that no other program listens at the front door's port.

    Raises:
        ForegroundError: A program does.
    """
    if Daemon(instance, DAEMON).process():
        return
    at = (HOST, names.port(instance))
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(at)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise ForegroundError(
                f"port {at[1]} of {HOST}, by which browsers reach the site, is taken",
                f"ss -ltnp 'sport = :{at[1]}' shows the program; stop it",
            ) from None


def follow(instance: LabInstance) -> Path:
    """Write the current routes; return their folder, which Traefik watches."""
    issuer = f"{instance.inside}:{names.port(instance)}"
    routers = {
        "issuer": (f"HostSNI(`{names.ISSUER}`)", issuer),
        # before there is an ingress, the issuer responds with a page that says so
        "site": ("HostSNI(`*`)", _exposed(instance) or _ingress(instance) or issuer),
    }
    tcp = {
        "routers": {
            name: {"rule": rule, "service": name, "tls": {"passthrough": True}}
            for name, (rule, _) in routers.items()
        },
        "services": {
            name: {"loadBalancer": {"servers": [{"address": address}]}}
            for name, (_, address) in routers.items()
        },
    }
    folder = instance.run / "identity" / "door"
    # JSON is YAML; Traefik decides by the ending of the file
    write_private(folder / "routes.yml", json.dumps({"tcp": tcp}, indent=2))
    return folder


def leads_on(instance: LabInstance) -> bool:
    """Whether the front door has a route to the site's own pages."""
    return bool(_exposed(instance) or _ingress(instance))


def opens(instance: LabInstance) -> bool:
    """Whether the site's hub responds through the front door."""
    trust = ssl.create_default_context(cafile=names.authority(instance) / "ca.pem")
    page = http.client.HTTPSConnection(names.HUB, names.port(instance))
    try:
        plain = socket.create_connection((HOST, names.port(instance)), ANSWER_S)
        page.sock = trust.wrap_socket(plain, server_hostname=names.HUB)
        page.request("GET", "/")
        return page.getresponse().status < http.client.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        page.close()


def _exposed(instance: LabInstance) -> str | None:
    """Address behind the floating IP that forwards the front door's port, if there is one."""
    try:
        found = json.loads((instance.run / "forward.d" / "neutron.json").read_text())
    except FileNotFoundError:
        return None
    inside = (f"{to}:{there}" for _, port, to, there in found if port == names.port(instance))
    return next(inside, None)


def _ingress(instance: LabInstance) -> str | None:
    file = names.folder(instance) / "ingress.json"
    try:
        found = json.loads(file.read_text())
        return f"{found['address']}:{int(found['port'])}"
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise ForegroundError(
            'the file of the site\'s ingress is not {"address": ..., "port": ...}',
            f"rm {file}, then make up",
            at=str(file),
        ) from None
