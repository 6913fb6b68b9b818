"""Keystone database: with the administrator, the service users and the whole service catalog.

Keystone's own managers write it before Keystone starts, so all six services can start at once.
"""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING

import keystone.conf
from keystone.cmd import bootstrap
from keystone.common import fernet_utils, provider_api, sql
from keystone.common.sql import upgrades

from labcloud import private_files
from labcloud.settings import REGION, SERVICES

if TYPE_CHECKING:
    from pathlib import Path

    from labcloud.settings import Service, Settings

__all__ = ["create"]

PROVIDERS = provider_api.ProviderAPIs
DOMAIN = "default"
OTHERS = [service for service in SERVICES.values() if service.name != "keystone"]


def create(settings: Settings, configuration: Path, connections: dict[str, str]) -> None:
    """Create the database, and the keys that sign tokens."""
    options = keystone.conf.CONF
    keystone.conf.configure()
    sql.initialize()
    options([], project="keystone", default_config_files=[str(configuration)])
    options.set_override("connection", connections["keystone"], group="database")
    upgrades.offline_sync_database_to_version()
    _make_keys(options)
    passwords = private_files.passwords(settings.secrets)
    roles = _bootstrap(settings, passwords["admin"])
    _make_users(passwords["service"], roles)
    for service in OTHERS:
        _add_to_catalog(settings, service)


def _make_keys(options: keystone.conf.cfg.ConfigOpts) -> None:
    keys = options.fernet_tokens
    repository = fernet_utils.FernetUtils(
        keys.key_repository, keys.max_active_keys, "fernet_tokens"
    )
    repository.create_key_directory(os.getuid(), os.getgid())
    if repository.validate_key_repository(requires_write=True):
        repository.initialize_key_repository(os.getuid(), os.getgid())


def _bootstrap(settings: Settings, password: str) -> list[str]:
    """Create the administrator, the roles and the region; return the roles of services."""
    boot = bootstrap.Bootstrapper()
    boot.admin_username, boot.admin_password = "admin", password
    boot.project_name, boot.admin_role_name = "admin", "admin"
    boot.service_name, boot.region_id = "keystone", REGION
    boot.public_url = boot.internal_url = boot.admin_url = settings.url("keystone")
    boot.immutable_roles = True
    boot.bootstrap()
    return [boot.admin_role_id, boot.service_role_id]


def _make_users(password: str, roles: list[str]) -> None:
    project = uuid.uuid4().hex
    PROVIDERS.resource_api.create_project(
        project, {"id": project, "name": "service", "domain_id": DOMAIN, "enabled": True}
    )
    for service in OTHERS:
        user = PROVIDERS.identity_api.create_user(
            {"name": service.name, "domain_id": DOMAIN, "enabled": True, "password": password}
        )
        for role in roles:
            PROVIDERS.assignment_api.add_role_to_user_and_project(user["id"], project, role)


def _add_to_catalog(settings: Settings, service: Service) -> None:
    service_id = uuid.uuid4().hex
    PROVIDERS.catalog_api.create_service(
        service_id, {"id": service_id, "name": service.name, "type": service.type, "enabled": True}
    )
    for interface in ("public", "internal"):
        endpoint = uuid.uuid4().hex
        PROVIDERS.catalog_api.create_endpoint(
            endpoint,
            {
                "id": endpoint,
                "service_id": service_id,
                "interface": interface,
                "region_id": REGION,
                "url": settings.url(service.name),
                "enabled": True,
            },
        )
