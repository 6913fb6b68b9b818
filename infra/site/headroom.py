"""Section `headroom`: how many accelerators of each model are kept free for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field, model_validator

from .section import Capability
from .values import Name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .site import Site

__all__ = ["Headroom"]


class Headroom(Capability):
    """Accelerators kept warm for people, which batch never gets."""

    needs: ClassVar[tuple[str, ...]] = ("notebooks", "queueing")

    models: dict[Name, Annotated[int, Field(ge=0)]] = Field(
        description="How many accelerators, by model"
    )

    @model_validator(mode="before")
    @classmethod
    def _read_old_form(cls, given: Any) -> Any:  # noqa: ANN401 - whatever the operator wrote
        """Read `headroom: {t4: 1}`, the form of site files before 0.2, as `{models: {t4: 1}}`."""
        if isinstance(given, dict) and all(isinstance(count, int) for count in given.values()):
            return {"models": given}
        return given

    def faults(self, site: Site) -> Iterator[str]:
        """Refuse models that no machine has."""
        if strange := self.models.keys() - site.cards.keys():
            yield f"headroom: no machine has a {', '.join(sorted(strange))}"
