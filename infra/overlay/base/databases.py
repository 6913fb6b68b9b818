"""Database: a PostgreSQL database on the storage machine, as a workload connects to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pulumi

__all__ = ["Database"]


@dataclass(frozen=True)
class Database:
    """One database.

    Attributes:
        host: Address of the server.
        name: Name of the database, and of the role that owns it.
        password: Password of that role.
    """

    host: pulumi.Input[str]
    name: str
    password: pulumi.Input[str]
