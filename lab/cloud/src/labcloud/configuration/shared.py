"""Configuration sections that all six services share: logging, database, login at Keystone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from labcloud.settings import REGION, Settings

__all__ = [
    "NEVER",
    "Options",
    "Sections",
    "Site",
    "database",
    "default",
    "lock",
    "login",
    "tokens",
]

Options: TypeAlias = dict[str, str | int | bool]
Sections: TypeAlias = Mapping[str, Options]

NEVER = 365 * 24 * 3600
"""Seconds without a heartbeat after which a part of a service counts as down: never.

The parts of a service run in one process, whose health URL shows whether they work. Heartbeats in
the database came late on a busy machine, so that healthy services counted as down.
"""

QUIET = (
    "amqp=WARN,sqlalchemy=WARN,requests=WARN,urllib3=WARN,stevedore=CRITICAL,neutronclient=ERROR,"
    "iso8601=WARN,keystonemiddleware=WARN,routes=WARN,waitress=WARN,oslo_policy=ERROR,"
    "oslo.messaging=INFO,oslo_messaging=INFO,keystone.common.cache=WARN,oslo.cache=WARN"
)


@dataclass(frozen=True)
class Site:
    """Settings and passwords of a site's cloud."""

    settings: Settings
    passwords: Mapping[str, str]


def default(site: Site, service: str, **more: str | int) -> Options:
    """Return the options of `[DEFAULT]` that every service has, and more of one service."""
    return {
        "log_file": str(site.settings.log(service)),
        "use_stderr": False,
        "default_log_levels": QUIET,
        "log_rotation_type": "size",
        "max_logfile_size_mb": 50,
        "max_logfile_count": 1,
        "transport_url": "fake://",  # calls inside this process only, without a message broker
        **more,
    }


def database(site: Site, name: str) -> Options:
    """Return the connection options of a database."""
    return {
        "connection": f"sqlite:///{site.settings.database(name)}?timeout=60",
        "sqlite_synchronous": False,  # nothing has to survive a crash of the machine
    }


def login(site: Site, user: str, **more: str | bool) -> Options:
    """Return the options with which a service logs in at Keystone to call another service."""
    return {
        "auth_type": "password",
        "auth_url": site.settings.url("keystone"),
        "username": user,
        "password": site.passwords["service"],
        "project_name": "service",
        "user_domain_id": "default",
        "project_domain_id": "default",
        "region_name": REGION,
        **more,
    }


def tokens(site: Site, user: str) -> Options:
    """Return the options with which a service validates the tokens of its callers."""
    return login(
        site,
        user,
        www_authenticate_uri=site.settings.url("keystone"),
        service_token_roles="service",  # noqa: S106  # the name of a role, not a password
        service_token_roles_required=True,
    )


def lock(site: Site, service: str) -> Options:
    """Return the options for the lock files of a service."""
    return {"lock_path": str(site.settings.own_state(service) / "locks")}
