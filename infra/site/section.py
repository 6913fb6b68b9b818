"""Section: base class of everything that a site file may contain."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

__all__ = ["Section"]


class Section(BaseModel):
    """Base of every section: keys in camelCase, no unknown keys, immutable."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)
