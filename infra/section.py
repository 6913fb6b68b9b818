"""Section: the base of everything in a site file, and the kinds of values that sections share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

__all__ = ["REPOSITORY", "File", "Section", "Url"]

REPOSITORY: Final = Path(__file__).resolve().parents[1]

Url = Annotated[str, Field(pattern=r"^https?://\S+$"), AfterValidator(lambda u: u.rstrip("/"))]
File = Annotated[Path, AfterValidator(lambda path: REPOSITORY / path.expanduser())]
"""A file on the computer that deploys; a relative path starts in the repository."""


class Section(BaseModel):
    """Base of every section: camelCase keys, unknown ones are faults, values never change."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)
