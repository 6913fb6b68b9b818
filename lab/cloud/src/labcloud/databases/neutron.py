"""Neutron database: created from the models, as its migrations do not run on SQLite."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import neutron.db.migration.models.head  # noqa: F401  # declares every table
import sqlalchemy
from neutron.db.models import securitygroup_default_rules
from neutron_lib import constants
from neutron_lib.db import model_base
from sqlalchemy import orm

if TYPE_CHECKING:
    from pathlib import Path

    from labcloud.settings import Settings

__all__ = ["create"]

# Rows that a migration inserts, so that create_all() lacks them. Without them a new security group
# has no egress rules, and the default group has no rules.
DEFAULT_RULES = [
    {
        "direction": direction,
        "ethertype": ethertype,
        "remote_group_id": remote,
        "used_in_default_sg": True,
        "used_in_non_default_sg": direction == constants.EGRESS_DIRECTION,
    }
    for ethertype, (direction, remote) in itertools.product(
        (constants.IPv4, constants.IPv6),
        ((constants.EGRESS_DIRECTION, None), (constants.INGRESS_DIRECTION, "PARENT")),
    )
]


def create(_settings: Settings, _configuration: Path, connections: dict[str, str]) -> None:
    """Create the database."""
    engine = sqlalchemy.create_engine(connections["neutron"])
    with engine.begin() as tables:
        # otherwise each of 200 tables waits for the disk
        tables.exec_driver_sql("PRAGMA synchronous = OFF")
        model_base.BASEV2.metadata.create_all(tables)
    with orm.Session(engine) as session, session.begin():
        for rule in DEFAULT_RULES:
            session.add(securitygroup_default_rules.SecurityGroupDefaultRule(**rule))
