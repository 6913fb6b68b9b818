"""Nova databases: API, cell0 for servers that got no host, cell1 for all others."""

from __future__ import annotations

import shutil
import uuid
from typing import TYPE_CHECKING

import nova.conf
from nova import config, context, objects
from nova.db import migration

from labcloud.databases import aside

if TYPE_CHECKING:
    from pathlib import Path

    from labcloud.settings import Settings

__all__ = ["create"]


def create(settings: Settings, configuration: Path, connections: dict[str, str]) -> None:
    """Create the databases."""
    config.parse_args(["nova"], default_config_files=[str(configuration)], configure_db=False)
    options = nova.conf.CONF
    cell1 = options.database.connection  # the final path: the cell mappings contain it
    options.set_override("connection", connections["nova_api"], group="api_database")
    options.set_override("connection", connections["nova_cell1"], group="database")
    config.main_db_api.configure(options)
    config.api_db_api.configure(options)
    objects.register_all()
    migration.db_sync(database="api")
    migration.db_sync(database="main")
    # both cells have the same tables, which are still empty
    shutil.copyfile(aside(settings, "nova_cell1"), aside(settings, "nova_cell0"))
    _map("cell0", "none:///", cell1.replace("nova_cell1", "nova_cell0"))
    _map("cell1", options.transport_url, cell1)


def _map(name: str, transport: str, connection: str) -> None:
    cell = objects.CellMapping(
        context.get_admin_context(),
        uuid=objects.CellMapping.CELL0_UUID if name == "cell0" else str(uuid.uuid4()),
        name=name,
        transport_url=transport,
        database_connection=connection,
    )
    cell.create()
