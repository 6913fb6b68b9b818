"""Settings of the hub: the files that the overlay mounts into the pod, read and typed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypedDict

__all__ = ["Database", "Home", "Issuer", "Secrets", "Session", "Settings", "read"]

_FOLDER: Final = Path("/etc/jupyterhub")


class Issuer(TypedDict):
    """The OpenID Connect issuer that people log in with, and the groups that may.

    Attributes:
        url: Its URL, without /.well-known.
        label: What the login button calls it.
        client: Id of the hub's OAuth client.
        ca: Path of the CA certificate that signs the issuer's, or None for the system's CAs.
        scopes: OAuth scopes to request.
        usernameClaim: Claim that holds the user name.
        groupsClaim: Claim that holds the groups.
        allowedGroups: Groups that may log in.
        adminGroups: Groups that administer the hub.
    """

    url: str
    label: str
    client: str
    ca: str | None
    scopes: list[str]
    usernameClaim: str
    groupsClaim: str
    allowedGroups: list[str]
    adminGroups: list[str]


class Session(TypedDict):
    """The pods of sessions.

    Attributes:
        namespace: Namespace of the pods.
        image: Image reference.
        labels: Labels of every session.
        patience: Seconds until a start without a place is given up.
        cpus: CPU request.
        memory: Memory request and limit, as a quantity.
        profiles: KubeSpawner's `profile_list`.
    """

    namespace: str
    image: str
    labels: dict[str, str]
    patience: int
    cpus: float
    memory: str
    profiles: list[dict[str, Any]]


class Home(TypedDict):
    """Home directories of people.

    Attributes:
        service: URL of the homes service.
        claim: PersistentVolumeClaim that holds all homes.
        folder: KubeSpawner's template of a person's folder in the claim.
        path: Mount path in a session.
    """

    service: str
    claim: str
    folder: str
    path: str


class Database(TypedDict):
    """The hub's PostgreSQL database, whose user has the same name."""

    host: str
    name: str


@dataclass(frozen=True)
class Secrets:
    """Secrets of the hub.

    Attributes:
        cookie: Key of the cookies' signatures, hexadecimal.
        client: Secret of the hub's OAuth client.
        database: Password of the database's user.
        proxy: Token of the proxy's API.
    """

    cookie: str
    client: str
    database: str
    proxy: str


@dataclass(frozen=True)
class Settings:
    """All settings of a hub.

    Attributes:
        url: URL of the site, which a browser opens.
        hub: URL of the hub inside the cluster.
        proxy: URL of the proxy's API inside the cluster.
        issuer: Login.
        session: Sessions.
        home: Home directories.
        database: Database.
        secrets: Secrets.
    """

    url: str
    hub: str
    proxy: str
    issuer: Issuer
    session: Session
    home: Home
    database: Database
    secrets: Secrets = field(repr=False)


def read(folder: Path = _FOLDER) -> Settings:
    """Read `settings.json` and the files of `secrets/`.

    Args:
        folder: Mount path of both.
    """
    names = Secrets.__dataclass_fields__
    secrets = {name: (folder / "secrets" / name).read_text().strip() for name in names}
    return Settings(
        **json.loads((folder / "settings.json").read_text()), secrets=Secrets(**secrets)
    )
