"""Host names and port of a lab's issuer and hub, and the folders of its identity service."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipaddress import IPv4Address
    from pathlib import Path

    from lab.instance import LabInstance

__all__ = ["DOMAIN", "HUB", "ISSUER", "authority", "door", "folder", "issuer_url", "port"]

DOMAIN = "foreground.localhost"
"""Domain of all pages: browsers resolve `*.localhost` to the host's loopback address."""
ISSUER = f"iam.{DOMAIN}"
HUB = f"hub.{DOMAIN}"
FIRST_PORT = 8443


def port(instance: LabInstance) -> int:
    """Return the port of all names, the same on the host and in the namespace."""
    return FIRST_PORT + instance.number


def issuer_url(instance: LabInstance) -> str:
    """Return the issuer's URL, which ends with a slash as INDIGO IAM's does."""
    return f"https://{ISSUER}:{port(instance)}/"


def door(instance: LabInstance) -> IPv4Address:
    """Return the front door's address in the namespace."""
    return instance.outside(4)


def folder(instance: LabInstance) -> Path:
    """Return the folder of people, clients and keys; it stays until the site is reset."""
    return instance.state / "identity"


def authority(instance: LabInstance) -> Path:
    """Return the folder of the site's certificate authority, whose ca.pem clients trust."""
    return instance.state / "mirror"
