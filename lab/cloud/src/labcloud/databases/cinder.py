"""Cinder database: created by upstream's migrations, without the default quota on volumes."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

from cinder import objects
from cinder.cmd import manage  # noqa: F401  # registers what the migrations read
from cinder.db import migration
from oslo_config import cfg

from labcloud.databases import aside

if TYPE_CHECKING:
    from pathlib import Path

    from labcloud.settings import Settings

__all__ = ["create"]


def create(settings: Settings, configuration: Path, connections: dict[str, str]) -> None:
    """Create the database."""
    objects.register_all()
    cfg.CONF([], project="cinder", default_config_files=[str(configuration)])
    cfg.CONF.set_override("connection", connections["cinder"], group="database")
    migration.db_sync()
    # the migrations write a quota of 10 volumes a project, which no option of cinder.conf changes
    with (
        contextlib.closing(sqlite3.connect(aside(settings, "cinder"))) as database,
        database,
    ):
        database.execute("UPDATE quota_classes SET hard_limit = -1")
