"""Settings of the hub: the files of its ConfigMap, and the client secret for the issuer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pulumi

from infra.errors import ForegroundError
from infra.overlay.base.addresses import HOMES_CLAIM, HOMES_URL, HUB_URL, PROXY_API_URL

from .profiles import session

if TYPE_CHECKING:
    from pathlib import Path

    from infra.overlay.base.databases import Database
    from infra.site import Site
    from infra.site.identity import Identity

__all__ = ["FOLDER", "client_secret", "files"]

FOLDER: Final = "/etc/jupyterhub"
"""Folder in the hub's pod that the files are mounted at."""

_AUTHORITY: Final = "issuer.pem"
_HOME: Final = {
    "claim": HOMES_CLAIM,
    "folder": "{username}",  # KubeSpawner replaces it by a safe form of any person's name
    "service": HOMES_URL,
    "path": "/home/person",
}


def files(site: Site, database: Database) -> dict[str, pulumi.Input[str]]:
    """Return the content of the hub's files, by name; none of it is secret."""
    identity = _identity(site)
    content: dict[str, pulumi.Input[str]] = {}
    if identity.ca_file:
        content[_AUTHORITY] = _read(identity.ca_file, "identity.caFile")
    settings = {
        "url": site.ingress.url if site.ingress else "",
        "hub": HUB_URL,
        "proxy": PROXY_API_URL,
        "issuer": _issuer(identity),
        "session": session(site),
        "home": _HOME,
    }
    content["settings.json"] = pulumi.Output.from_input(database.host).apply(
        lambda host: json.dumps(
            {**settings, "database": {"host": host, "name": database.name}},
            indent=1,
            sort_keys=True,
        )
    )
    return content


def client_secret(site: Site) -> str:
    """Return the secret of this site's client at the issuer."""
    return _read(_identity(site).client_secret_file, "identity.clientSecretFile").strip()


def _issuer(identity: Identity) -> dict[str, Any]:
    return {
        "url": identity.issuer,
        "label": "your institute's account",
        "client": identity.client_id,
        "ca": f"{FOLDER}/{_AUTHORITY}" if identity.ca_file else None,
        "scopes": identity.scopes,
        "usernameClaim": identity.username_claim,
        "groupsClaim": identity.groups_claim,
        "allowedGroups": identity.allowed_groups,
        "adminGroups": identity.admin_groups,
    }


def _identity(site: Site) -> Identity:
    """Return the section `identity`; no site has notebooks without it."""
    assert site.identity  # noqa: S101 - checked when the site file is read
    return site.identity


def _read(file: Path, key: str) -> str:
    try:
        return file.read_text()
    except OSError as error:
        raise ForegroundError(
            f"A file of {key} cannot be read: {file}: {error.strerror}",
            f"Correct {key} in the site file",
        ) from None
