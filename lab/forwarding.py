"""Forwarder daemon of a lab, and its fixed routes: the OpenStack APIs and the jump host."""

from __future__ import annotations

import errno
import json
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from infra.errors import ForegroundError
from lab import bastion
from lab.daemon import Daemon
from lab.private_files import write_private

if TYPE_CHECKING:
    from lab.instance import LabInstance

__all__ = ["API_PORTS", "DAEMON", "refuse_taken_ports", "up"]

DAEMON = "forwarder"
API_PORTS = {
    "keystone": 5000,
    "placement": 8778,
    "glance": 9292,
    "neutron": 9696,
    "cinder": 8776,
    "nova": 8774,
}
START_S = 10.0
SOURCES = ("forwarder.py", "folder_watch.py", "namespaces.py")


def up(instance: LabInstance) -> bool:
    """Start the forwarder unless it runs; return whether it was started."""
    folder = instance.run / "forward.d"
    routes = [(str(at), port, str(at), port) for at, port in _listeners(instance)]
    write_private(folder / "lab.json", json.dumps(routes))
    sources = [Path(__file__).with_name(name).read_text() for name in SOURCES]
    command: list[str | Path] = [sys.executable, "-m", "lab.forwarder", instance.netns, folder]
    daemon = Daemon(instance, DAEMON, command, settings="".join(sources), inside=False)
    started = daemon.start()
    daemon.ready(lambda: all(_accepts(*route[:2]) for route in routes), START_S)
    return started


def refuse_taken_ports(instance: LabInstance) -> None:
    """Check that the ports of the lab are free.

    Raises:
        ForegroundError: Another program listens on one; the error names it.
    """
    if Daemon(instance, DAEMON).process():
        return
    for at, port in _listeners(instance):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((str(at), port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                raise ForegroundError(
                    f"port {port} of {at}, which the lab needs, is taken by {_holder(port)}",
                    "stop that program, or let it listen on one address of its own",
                ) from None


def _listeners(instance: LabInstance) -> list[tuple[object, int]]:
    api = [(instance.api, port) for port in API_PORTS.values()]
    return [*api, (instance.bastion, bastion.PORT)]


def _accepts(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), 1.0).close()
    except (TimeoutError, ConnectionError):
        return False
    return True


def _holder(port: int) -> str:
    command = ["ss", "-Hltnp", f"sport = :{port}"]
    shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = re.search(r'\(\("([^"]+)",pid=(\d+)', shown)
    return f"{found[1]} (process {found[2]})" if found else "a program that is not shown"
