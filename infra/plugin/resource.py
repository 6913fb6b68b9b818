"""ResourceType: the base class of the plugin's resource types."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from infra.errors import ForegroundError

if TYPE_CHECKING:
    from .values import Properties

__all__ = ["Call", "IncompleteResourceError", "ResourceType", "Write"]

Write = Callable[[str], Awaitable[None]]
"""Shows a transient text in the resource's line of `pulumi up`."""


class IncompleteResourceError(ForegroundError):
    """A create or update that failed: the resource is in the state, and the next run updates it.

    Args:
        error: Why it failed.
        resource_id: Id of the resource.
        properties: Its properties in the state.
    """

    def __init__(
        self, error: ForegroundError, resource_id: str, properties: Properties | None
    ) -> None:
        super().__init__(error.problem, error.hint, details=error.details, at=error.at)
        self.resource_id = resource_id
        self.properties = properties or {}


@dataclass(frozen=True)
class Call:
    """One request of the engine about one resource.

    Attributes:
        stack: Name of the stack.
        properties: The inputs (create, update) or the state (delete, read).
        write: Shows a transient text.
    """

    stack: str
    properties: Properties
    write: Write


class ResourceType(ABC):
    """A resource type of the plugin."""

    token: ClassVar[str]
    """Type token in Pulumi, for example site:index:Member."""

    outputs: ClassVar[frozenset[str]] = frozenset()
    """Properties that only the plugin sets; they never count as a difference."""

    @abstractmethod
    def must_replace(self, old: dict[str, Any], new: dict[str, Any]) -> list[str]:
        """Return the properties whose change replaces the resource; the old one goes first."""

    @abstractmethod
    def name(self, properties: Properties) -> str:
        """Return the id of the resource."""

    @abstractmethod
    async def make(self, call: Call) -> Properties:
        """Create or update; idempotent. Return the outputs."""

    @abstractmethod
    async def remove(self, call: Call) -> None:
        """Delete; a resource that does not exist is a success."""

    @abstractmethod
    async def read(self, call: Call) -> Properties | None:
        """Return the properties as they are now; None if the resource is gone."""

    async def invoke(self, function: str, call: Call) -> dict[str, Any]:  # noqa: ARG002
        """Call a function of this type."""
        raise ForegroundError(f"{self.token} has no function {function}", "Report this bug")
