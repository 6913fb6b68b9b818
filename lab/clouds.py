"""clouds.yaml of a lab: credentials of the project's user and of the cloud's administrator."""

from __future__ import annotations

import json
import secrets
import warnings
from typing import TYPE_CHECKING, Any

import yaml
from openstack import connection
from openstack.config import OpenStackConfig

from lab.forwarding import API_PORTS
from lab.private_files import write_private

if TYPE_CHECKING:
    from pathlib import Path

    from lab.instance import LabInstance

__all__ = ["ADMIN", "USER", "clouds_file", "connect", "password", "write"]

USER = "foreground"
"""The project's name, and its user's."""
ADMIN = "admin"
DOMAIN = "Default"
REGION = "RegionOne"


def clouds_file(instance: LabInstance) -> Path:
    """Return the path of the file."""
    return instance.state / "clouds.yaml"


def write(instance: LabInstance) -> Path:
    """Write the file; an existing password of the user is kept."""
    path = clouds_file(instance)
    stored = json.loads((instance.state / "cloud" / "secrets.json").read_text())
    entries = {
        instance.site: _entry(instance, USER, _kept_password(instance)),
        f"{instance.site}-{ADMIN}": _entry(instance, ADMIN, stored["admin"]),
    }
    write_private(path, yaml.safe_dump({"clouds": entries}, sort_keys=False))
    return path


def password(instance: LabInstance) -> str:
    """Return the plain user's password."""
    entry = yaml.safe_load(clouds_file(instance).read_text())["clouds"][instance.site]
    found: str = entry["auth"]["password"]
    return found


def connect(instance: LabInstance, *, admin: bool = False) -> Any:  # noqa: ANN401  # untyped library
    """Return openstacksdk's connection, made from clouds.yaml as any client makes it."""
    name = f"{instance.site}-{ADMIN}" if admin else instance.site
    config = OpenStackConfig(config_files=[str(clouds_file(instance))], load_envvars=False)
    with warnings.catch_warnings():
        # openstacksdk 4.22 warns about its own empty default for InfluxDB
        warnings.filterwarnings("ignore", message="Support for InfluxDB")
        return connection.Connection(config=config.get_one(name))


def _kept_password(instance: LabInstance) -> str:
    try:
        return password(instance)
    except (FileNotFoundError, KeyError, TypeError):
        return secrets.token_urlsafe(18)


def _entry(instance: LabInstance, user: str, secret: str) -> dict[str, object]:
    return {
        "auth": {
            "auth_url": f"http://{instance.api}:{API_PORTS['keystone']}/v3",
            "username": user,
            "password": secret,
            "project_name": user,
            "user_domain_name": DOMAIN,
            "project_domain_name": DOMAIN,
        },
        "region_name": REGION,
        "interface": "public",
        "identity_api_version": 3,
    }
