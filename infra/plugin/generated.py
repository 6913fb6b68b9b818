"""GeneratedType: base of resource types with random outputs that exist only in the state."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from .resource import Call, ResourceType
from .values import Properties, plain, wrapped

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["GeneratedType"]


class GeneratedType(ResourceType):
    """A resource that exists only in the state; a change of any input replaces it."""

    encrypted: ClassVar[frozenset[str]]
    """The outputs that Pulumi encrypts."""

    def must_replace(self, old: dict[str, Any], new: dict[str, Any]) -> list[str]:
        """Return all inputs that differ."""
        keys = (old.keys() | new.keys()) - self.outputs
        return sorted(key for key in keys if old.get(key) != new.get(key))

    def name(self, properties: Properties) -> str:
        """Return the input `name`."""
        return str(plain(properties)["name"])

    async def make(self, call: Call) -> Properties:
        """Generate all outputs."""
        outputs = self.generate(plain(call.properties))
        return {key: wrapped(item, secret=key in self.encrypted) for key, item in outputs.items()}

    @abstractmethod
    def generate(self, inputs: Mapping[str, Any]) -> dict[str, str]:
        """Return new values of all outputs."""

    async def remove(self, call: Call) -> None:
        """Do nothing: the resource is only in the state."""

    async def read(self, call: Call) -> Properties | None:
        """Return the properties in the state."""
        return call.properties
