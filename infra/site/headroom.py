"""Section `headroom`: number of accelerators of each model that are reserved for sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field, model_validator

from .capability import Capability
from .machines import cards
from .values import Name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .machines import Group

__all__ = ["Headroom"]


class Headroom(Capability):
    """Accelerators that placeholder pods reserve for sessions, so that batch never gets them."""

    needs: ClassVar[tuple[str, ...]] = ("notebooks", "queueing")

    models: dict[Name, Annotated[int, Field(ge=0)]] = Field(
        description="Number of reserved accelerators of each model"
    )

    @model_validator(mode="before")
    @classmethod
    def _read_old_form(cls, given: Any) -> Any:  # noqa: ANN401 - whatever the operator wrote
        """Read `headroom: {t4: 1}`, the form of site files before 0.2, as `{models: {t4: 1}}`."""
        if not isinstance(given, dict) or "models" in given:
            return given
        if all(isinstance(count, int) for count in given.values()):
            return {"models": given}
        return given

    def faults(self, machines: Mapping[str, Group]) -> Iterator[str]:
        """Check that machines have the accelerator models that headroom reserves."""
        if strange := self.models.keys() - cards(machines).keys():
            yield f"headroom: no machine has a {', '.join(sorted(strange))}"
