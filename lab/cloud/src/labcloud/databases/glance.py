"""Glance database: created by upstream's migrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glance.cmd import manage
from glance.common import config

if TYPE_CHECKING:
    from pathlib import Path

    from labcloud.settings import Settings

__all__ = ["create"]


def create(_settings: Settings, configuration: Path, connections: dict[str, str]) -> None:
    """Create the database."""
    config.parse_args([], default_config_files=[str(configuration)])
    manage.CONF.set_override("connection", connections["glance"], group="database")
    manage.DbCommands().sync()
