"""What a resource type is to the plugin; each of ours is one class of this kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from infra.errors import ForegroundError

if TYPE_CHECKING:
    from .values import Properties

__all__ = ["Call", "HalfMadeError", "ResourceType", "Write"]

Write = Callable[[str], Awaitable[None]]
"""Shows a passing line on the resource's own row of `pulumi up`."""


class HalfMadeError(ForegroundError):
    """A resource that was begun: it stands in the state, and the next `pulumi up` updates it.

    Args:
        error: Why it was not finished.
        resource_id: Its id.
        properties: What stands in the state.
    """

    def __init__(
        self, error: ForegroundError, resource_id: str, properties: Properties | None
    ) -> None:
        super().__init__(error.problem, error.hint, details=error.details, at=error.at)
        self.resource_id = resource_id
        self.properties = properties or {}


@dataclass(frozen=True)
class Call:
    """One operation on one resource.

    Attributes:
        stack: Name of the stack.
        properties: The inputs (create, update) or the state (delete, read).
        write: Shows a passing line.
    """

    stack: str
    properties: Properties
    write: Write


class ResourceType(ABC):
    """A resource type of the plugin."""

    token: ClassVar[str]
    """As Pulumi writes it, for example site:index:Member."""

    outputs: ClassVar[frozenset[str]] = frozenset()
    """Properties that only we write: they are never a difference."""

    @abstractmethod
    def must_replace(self, old: dict[str, Any], new: dict[str, Any]) -> list[str]:
        """Return the properties whose change needs a new resource; the old one goes first."""

    @abstractmethod
    def name(self, properties: Properties) -> str:
        """Return the id that the resource gets, for sentences too."""

    @abstractmethod
    async def make(self, call: Call) -> Properties:
        """Create or update; safe to run again. Return the outputs."""

    @abstractmethod
    async def remove(self, call: Call) -> None:
        """Delete; a resource that is not there is a success."""

    @abstractmethod
    async def read(self, call: Call) -> Properties | None:
        """Return the state as it is now; None where the resource is gone."""

    async def invoke(self, function: str, call: Call) -> dict[str, Any]:  # noqa: ARG002
        """Answer a function of this type's."""
        raise ForegroundError(f"{self.token} has no function {function}", "Report this bug")
