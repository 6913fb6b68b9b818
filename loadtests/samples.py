"""Samples: the raw measurement of each round, stored as one JSON object a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from conformance.kit import record
from conformance.kit.suite.report import Part

from .arrivals import Arm  # noqa: TC001 - pydantic needs the class itself

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Return", "Sample", "read", "store"]


class Return(Part):
    """How an evicted job came back."""

    requeued: float = Field(description="Seconds from the session's end to batch at full size")
    finished: float = Field(description="Seconds from the session's end to the job's own end")


class Sample(Part):
    """Measurement of one round.

    Moments are in seconds from when the request was intended, not from when it was sent: a person
    whose request is delayed waits as well.
    """

    round: int
    pair: int
    arm: Arm
    at: str = Field(description="When the request was intended")
    moments: dict[str, float] = Field(description="When each step was seen, in this order")
    gave_way: dict[str, int] = Field(description="Numbers of evictions by what was evicted")
    returned: Return | None = Field(default=None, description="Return of the evicted job, if any")
    noise: dict[str, float] = Field(description="Load on the computer that measured, meanwhile")
    fault: str = Field(default="", description="Which unexpected evictions there were")


def store(file: Path, sample: Sample) -> None:
    """Append a sample to a file at once."""
    record.append(file, sample.model_dump_json(by_alias=True))


def read(file: Path) -> list[Sample]:
    """Read all samples of a file."""
    return [Sample.model_validate_json(line) for line in file.read_text().splitlines()]
