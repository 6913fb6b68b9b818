"""Server process of one OpenStack service: its parts on native threads, its WSGI API."""

from __future__ import annotations

import importlib
import os
import signal
import socket
import sys
import threading
import time
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

import waitress.server

from labcloud import private_files, sqlite_transactions
from labcloud.settings import SERVICES

if TYPE_CHECKING:
    from collections.abc import Callable

    from labcloud.settings import Settings

__all__ = ["Parts", "serve"]

THREADS = 8
LARGEST_UPLOAD = 64 << 30
IDLE_S = 300
STOP_S = 5
"""Seconds that a stop waits for running work before the process ends."""


@dataclass(frozen=True)
class Parts:
    """A started service."""

    application: Callable[..., Any]
    stops: list[Callable[[], None]] = field(default_factory=list)
    """Functions that stop its other parts."""


def serve(settings: Settings, service: str) -> NoReturn:
    """Run a service until SIGTERM; end the process at once if it cannot start."""
    started = time.monotonic()
    _prepare_environment(settings, service)
    sqlite_transactions.install()
    try:
        address = _reserve(settings, service)
        module = importlib.import_module(f"labcloud.serving.{service}")
        parts: Parts = module.start(settings)
        server = waitress.server.create_server(
            parts.application,
            sockets=[address],
            threads=THREADS,
            ident=None,
            max_request_body_size=LARGEST_UPLOAD,
            channel_timeout=IDLE_S,
            clear_untrusted_proxy_headers=True,
        )
    except BaseException:  # noqa: BLE001  # running threads would keep the process alive
        traceback.print_exc()
        _end(1)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    took = time.monotonic() - started
    sys.stderr.write(f"{service} answers after {took:.1f} s\n")
    server.run()  # returns at SIGTERM, when running requests have ended or STOP_S is over
    _stop(parts)
    _end(0)


def _reserve(settings: Settings, service: str) -> socket.socket:
    """Bind the address, without listening, so that a second process fails before it starts."""
    address = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    address.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    address.bind((settings.listen, SERVICES[service].port))
    return address


def _prepare_environment(settings: Settings, service: str) -> None:
    """Set the variables that the services read when they are imported."""
    for name in ("keystone", "placement", "glance", "neutron", "nova"):
        os.environ[f"OS_{name.upper()}_CONFIG_DIR"] = str(settings.configuration(name))
    os.environ["OS_NEUTRON_CONFIG_FILES"] = "neutron.conf"
    for name in ("NOVA", "CINDER"):
        os.environ[f"OS_{name}_DISABLE_EVENTLET_PATCHING"] = "true"
    # waitress stores the bodies of large requests (images) in temporary files
    os.environ["TMPDIR"] = str(private_files.folder(settings.state / "uploads"))
    private_files.folder(settings.log(service).parent)
    sys.argv = [service]  # the services parse it


def _stop(parts: Parts) -> None:
    stopping = [threading.Thread(target=stop, daemon=True) for stop in parts.stops]
    for thread in stopping:
        thread.start()
    deadline = time.monotonic() + STOP_S
    for thread in stopping:
        thread.join(max(0.0, deadline - time.monotonic()))


def _end(code: int) -> NoReturn:
    """End the process without waiting for the many threads of the services."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
