"""Resource type site:index:Secret: random text, encrypted in the state."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, ClassVar, Final

from infra import tokens
from infra.plugin.generated import GeneratedType

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SecretType"]

_BYTES: Final = 32


class SecretType(GeneratedType):
    """Random text of 64 hexadecimal digits."""

    token: ClassVar[str] = tokens.SECRET
    outputs: ClassVar[frozenset[str]] = frozenset({"value"})
    encrypted: ClassVar[frozenset[str]] = outputs

    def generate(self, inputs: Mapping[str, Any]) -> dict[str, str]:  # noqa: ARG002
        """Generate the text."""
        return {"value": secrets.token_hex(_BYTES)}
