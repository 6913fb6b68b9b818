"""Samples: what was seen of each arrival, one JSON object a line, raw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from conformance.kit import record
from conformance.kit.suite.report import Part

from .arrivals import Arm  # noqa: TC001 - pydantic needs the class itself

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Return", "Sample", "keep", "read"]


class Return(Part):
    """What became of a job that gave way."""

    requeued: float = Field(description="Seconds from the session's end to batch in its place")
    finished: float = Field(description="Seconds from the session's end to the job's own end")


class Sample(Part):
    """One arrival.

    A moment is in seconds from when the request was intended, which is not when it was sent: a
    person who is kept from asking waits as well.
    """

    round: int
    pair: int
    arm: Arm
    at: str = Field(description="When the request was intended")
    moments: dict[str, float] = Field(description="When what was seen, in this order")
    gave_way: dict[str, int] = Field(description="Who gave way, and how many of them")
    returned: Return | None = Field(default=None, description="If a job gave way, its return")
    noise: dict[str, float] = Field(description="Of the computer that measured, meanwhile")
    fault: str = Field(default="", description="What should not have been so")


def keep(file: Path, sample: Sample) -> None:
    """Write one, at once."""
    record.keep(file, sample.model_dump_json(by_alias=True))


def read(file: Path) -> list[Sample]:
    """Read them all again."""
    return [Sample.model_validate_json(line) for line in file.read_text().splitlines()]
