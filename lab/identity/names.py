"""Names, port and addresses by which people and programs reach a site's pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipaddress import IPv4Address
    from pathlib import Path

    from lab.instance import LabInstance

__all__ = ["DOMAIN", "HUB", "ISSUER", "authority", "door", "folder", "issuer_url", "port"]

DOMAIN = "foreground.localhost"
"""Of all pages: `*.localhost` is the host's loopback to every browser."""
ISSUER = f"iam.{DOMAIN}"
HUB = f"hub.{DOMAIN}"
FIRST_PORT = 8443


def port(instance: LabInstance) -> int:
    """Return the one port of all names, the same on the host and inside."""
    return FIRST_PORT + instance.number


def issuer_url(instance: LabInstance) -> str:
    """Return the issuer, with the slash at its end that INDIGO IAM has."""
    return f"https://{ISSUER}:{port(instance)}/"


def door(instance: LabInstance) -> IPv4Address:
    """Return where the front door listens, in the namespace."""
    return instance.outside(4)


def folder(instance: LabInstance) -> Path:
    """Return where people, clients and keys are; kept while the site is."""
    return instance.state / "identity"


def authority(instance: LabInstance) -> Path:
    """Return the folder of the site's certificate authority; a client trusts its ca.pem."""
    return instance.state / "mirror"
