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
    """The settings cannot be used: one sentence that says why."""


@dataclass(frozen=True)
class Service:
    """One OpenStack service: a process of its own, with one HTTP API."""

    name: str
    type: str
    """As the catalog calls it."""
    port: int
    path: str = ""
    """What the catalog's URL has after the port."""


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
    """One site's cloud, as the lab wants it."""

    site: str
    state: Path
    """Everything that outlives the processes: configuration, secrets, databases, volumes, logs."""
    run: Path
    """What ends with the lab: sockets and files between its processes."""
    listen: str
    """The address of all six APIs, in the site's network namespace."""
    netns: str
    cgroup: str
    hosts: tuple[str, ...]
    """Names of the compute hosts; all are this machine."""
    accelerator_resources: tuple[str, ...]
    """Placement's resource classes that every compute host offers."""

    def url(self, service: str, path: str | None = None) -> str:
        """Return a service's URL as the catalog has it, or another path on its port."""
        known = SERVICES[service]
        return f"http://{self.listen}:{known.port}{known.path if path is None else path}"

    def health(self, service: str) -> str:
        """Return the URL of the version document, which asks no password and costs little.

        A service listens only once all of it has started, so that an answer means that it works.
        """
        return self.url(service, "/")

    @property
    def secrets(self) -> Path:
        """Where the passwords are: ``{"admin": ..., "service": ..., "metadata": ...}``."""
        return self.state / "secrets.json"

    @property
    def volumes(self) -> Path:
        """The folder of Cinder's volumes, one sparse file each."""
        return self.state / "volumes"

    def configuration(self, service: str) -> Path:
        """Return the folder of a service's configuration files."""
        return self.state / "configuration" / service

    def database(self, name: str) -> Path:
        """Return where a database's file is once it is complete."""
        return self.state / "databases" / f"{name}.sqlite"

    def own_state(self, service: str) -> Path:
        """Return the folder that a service may keep files in."""
        return self.state / service

    def log(self, name: str) -> Path:
        """Return the log file of a service."""
        return self.state / "log" / f"{name}.log"


@functools.cache
def load() -> Settings:
    """Read the settings of this process.

    Raises:
        SettingsError: FOREGROUND_CLOUD names no file of settings.
    """
    path = os.environ.get(VARIABLE)
    if not path:
        raise SettingsError(f"{VARIABLE} is not set: it names the file of the cloud's settings")
    return read(Path(path))


def read(path: Path) -> Settings:
    """Read settings from a file.

    Raises:
        SettingsError: the file is missing, no JSON, or has other keys than the settings.
    """
    try:
        said = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    expected = {field.name for field in fields(Settings)}
    if not isinstance(said, dict) or said.keys() != expected:
        raise SettingsError(f"{path} must have exactly the keys {', '.join(sorted(expected))}")
    return Settings(
        site=said["site"],
        state=Path(said["state"]),
        run=Path(said["run"]),
        listen=said["listen"],
        netns=said["netns"],
        cgroup=said["cgroup"],
        hosts=tuple(said["hosts"]),
        accelerator_resources=tuple(said["accelerator_resources"]),
    )
