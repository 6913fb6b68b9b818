"""The front door: one port of the host for all names of a site, told apart by TLS's server name.

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
"""Where it is on the host: a browser takes every name below `localhost` for this."""
ANSWER_S = 10.0


def daemon(instance: LabInstance) -> Daemon:
    """Return it, with all that it reads written."""
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
    """Let all names but the issuer's lead to the site's ingress: an address in the namespace."""
    ingress = {"address": address, "port": port}
    write_private(names.folder(instance) / "ingress.json", json.dumps(ingress) + "\n")
    if instance.run.is_dir():
        follow(instance)


def refuse_taken_port(instance: LabInstance) -> None:
    """Make sure that nobody else listens at the front door's port.

    Raises:
        ForegroundError: somebody does.
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
                f"ss -ltnp 'sport = :{at[1]}' says by whom; stop that program",
            ) from None


def follow(instance: LabInstance) -> Path:
    """Write where the names lead now; Traefik watches the folder, which is returned."""
    issuer = f"{instance.inside}:{names.port(instance)}"
    routers = {
        "issuer": (f"HostSNI(`{names.ISSUER}`)", issuer),
        # until there is an ingress the issuer answers, and says that there is none
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
    # every JSON is YAML, and Traefik goes by the file's ending
    write_private(folder / "routes.yml", json.dumps({"tcp": tcp}, indent=2))
    return folder


def leads_on(instance: LabInstance) -> bool:
    """Tell whether the site has pages of its own behind the door."""
    return bool(_exposed(instance) or _ingress(instance))


def opens(instance: LabInstance) -> bool:
    """Tell whether the site's own page answers through the door, and not the issuer for it."""
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
    """Find the machine whose floating IP lets everybody in at the door's own port."""
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
