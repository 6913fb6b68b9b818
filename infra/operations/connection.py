"""Connection: the interface by which an operation runs commands on machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from .processes import Result

__all__ = ["Connection"]


class Connection(Protocol):
    """A connection to the machines of one member."""

    inventory_variables: dict[str, Any]
    """Variables that Ansible's inventory needs for it."""

    environment: dict[str, str]
    """Environment variables that Ansible needs for it."""

    async def execute(self, machine: str, *command: str) -> Result:
        """Run a command on a machine, as its login user."""
        ...

    def describe(self, machine: str) -> str:
        """Return user, address, jump host and key in words, for errors."""
        ...

    async def close(self) -> None:
        """End all processes of the connection."""
        ...
