"""Placement database: created by upstream's migrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oslo_config import cfg
from placement import conf, db_api
from placement.db.sqlalchemy import migration

if TYPE_CHECKING:
    from pathlib import Path

    from labcloud.settings import Settings

__all__ = ["create"]


def create(_settings: Settings, configuration: Path, connections: dict[str, str]) -> None:
    """Create the database."""
    options = cfg.ConfigOpts()
    conf.register_opts(options)
    options([], project="placement", default_config_files=[str(configuration)])
    options.set_override("connection", connections["placement"], group="placement_database")
    db_api.configure(options)
    migration.upgrade("head")
