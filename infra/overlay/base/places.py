"""Places: where the parts of notebooks are, and what each is told of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pulumi

__all__ = [
    "DATABASE",
    "HUB_URL",
    "PLATFORM",
    "PROXY_API_URL",
    "PROXY_URL",
    "SESSIONS",
    "Database",
]

PLATFORM: Final = "platform"
"""Namespace of hub and proxy."""

SESSIONS: Final = "sessions"
"""Namespace of people's sessions; nothing of Kueue's ever matches it."""

DATABASE: Final = "hub"
"""The hub's database and its role there."""

HUB_URL: Final = f"http://hub.{PLATFORM}:8081"
PROXY_URL: Final = f"http://proxy.{PLATFORM}:8000"
PROXY_API_URL: Final = f"http://proxy.{PLATFORM}:8001"


@dataclass(frozen=True)
class Database:
    """The hub's database, on the storage machine.

    Attributes:
        host: Where it answers.
        password: Of the role DATABASE.
    """

    host: pulumi.Input[str]
    password: pulumi.Input[str]
