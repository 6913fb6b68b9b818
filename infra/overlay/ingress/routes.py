"""Traefik's configuration file: one router and one service for each public host name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.overlay.base.routes import Route

__all__ = ["CERTIFICATE", "FOLDER", "configuration"]

FOLDER: Final = "/etc/traefik/routes"
"""Folder that Traefik reads its configuration from."""

CERTIFICATE: Final = "/etc/traefik/certificate"
"""Folder of the certificate and its key."""


def configuration(routes: Sequence[Route]) -> str:
    """Return the file."""
    routers = {
        route.host: {
            "rule": f"Host(`{route.host}`)",
            "entryPoints": ["https"],
            "service": route.host,
            "tls": {},
        }
        for route in routes
    }
    services = {
        route.host: {"loadBalancer": {"servers": [{"url": route.service}]}} for route in routes
    }
    certificate = {"certFile": f"{CERTIFICATE}/tls.crt", "keyFile": f"{CERTIFICATE}/tls.key"}
    return yaml.safe_dump(
        {
            "http": {"routers": routers, "services": services},
            "tls": {"certificates": [certificate]},
        }
    )
