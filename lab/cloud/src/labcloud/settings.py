"""Settings of labcloud: one JSON file that the lab writes and FOREGROUND_CLOUD names."""

from __future__ import annotations

import functools
import json
import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

__all__ = ["SERVICES", "VARIABLE", "Service", "Settings", "SettingsError", "load", "read"]

VARIABLE: Final = "FOREGROUND_CLOUD"
REGION: Final = "RegionOne"


class SettingsError(Exception):
    """The settings are missing or invalid; the message is one sentence."""


@dataclass(frozen=True)
class Service:
    """One OpenStack service: a process of its own, with one HTTP API."""

    name: str
    type: str
    """Service type in Keystone's catalog."""
    port: int
    path: str = ""
    """Path of the catalog's URL."""


SERVICES: Final = {
    service.name: service
    for service in (
        Service("keystone", "identity", 5000, "/v3"),
        Service("placement", "placement", 8778),
        Service("glance", "image", 9292),
        Service("neutron", "network", 9696),
        Service("cinder", "block-storage", 8776, "/v3"),
        Service("nova", "compute", 8774, "/v2.1"),
    )
}


@dataclass(frozen=True)
class Settings:
    """Settings of one site's cloud."""

    site: str
    state: Path
    """Folder that outlives the processes: configuration, secrets, databases, volumes, logs."""
    run: Path
    """Folder that is removed with the lab: sockets and files between its processes."""
    listen: str
    """The address of all six APIs, in the site's network namespace."""
    netns: str
    cgroup: str
    hosts: tuple[str, ...]
    """Names of the compute hosts; all are this machine."""
    accelerator_resources: tuple[str, ...]
    """Placement's resource classes that every compute host offers."""

    def url(self, service: str, path: str | None = None) -> str:
        """Return the URL of a service in the catalog, or of another path on its port."""
        known = SERVICES[service]
        return f"http://{self.listen}:{known.port}{known.path if path is None else path}"

    def health(self, service: str) -> str:
        """Return the URL of the version document, which needs no token.

        A service listens only when all its parts have started, so a response means that it works.
        """
        return self.url(service, "/")

    @property
    def secrets(self) -> Path:
        """File of the passwords: ``{"admin": ..., "service": ..., "metadata": ...}``."""
        return self.state / "secrets.json"

    @property
    def volumes(self) -> Path:
        """The folder of Cinder's volumes, one sparse file each."""
        return self.state / "volumes"

    def configuration(self, service: str) -> Path:
        """Return the folder of a service's configuration files."""
        return self.state / "configuration" / service

    def database(self, name: str) -> Path:
        """Return the path of a complete database."""
        return self.state / "databases" / f"{name}.sqlite"

    def own_state(self, service: str) -> Path:
        """Return the folder for files of a service."""
        return self.state / service

    def log(self, name: str) -> Path:
        """Return the log file of a service."""
        return self.state / "log" / f"{name}.log"


@functools.cache
def load() -> Settings:
    """Read the settings of this process.

    Raises:
        SettingsError: FOREGROUND_CLOUD does not name a settings file.
    """
    path = os.environ.get(VARIABLE)
    if not path:
        raise SettingsError(f"{VARIABLE} is not set: it must name the settings file of the cloud")
    return read(Path(path))


def read(path: Path) -> Settings:
    """Read settings from a file.

    Raises:
        SettingsError: The file is missing, is not JSON, or has missing or unknown keys.
    """
    try:
        values = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    expected = {field.name for field in fields(Settings)}
    if not isinstance(values, dict) or values.keys() != expected:
        raise SettingsError(f"{path} must have exactly the keys {', '.join(sorted(expected))}")
    return Settings(
        site=values["site"],
        state=Path(values["state"]),
        run=Path(values["run"]),
        listen=values["listen"],
        netns=values["netns"],
        cgroup=values["cgroup"],
        hosts=tuple(values["hosts"]),
        accelerator_resources=tuple(values["accelerator_resources"]),
    )
