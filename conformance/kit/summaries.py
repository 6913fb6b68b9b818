"""Summaries: what many samples of one figure come to; a failure is infinite, never missing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Summary", "quantile", "summary"]


class Summary(BaseModel):
    """Some quantiles of one figure."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    n: int = Field(ge=1, description="How many samples")
    p50: float = Field(description="Half of them are at most this")
    p95: float = Field(description="19 of 20 are at most this")
    max: float = Field(description="All are at most this")


def quantile(samples: Sequence[float], share: float) -> float:
    """Return the smallest sample that at least this share of all does not exceed.

    Raises:
        ValueError: There are no samples, or the share is not in (0, 1].
    """
    if not samples or not 0 < share <= 1:
        raise ValueError("a quantile needs samples and a share of them")
    return sorted(samples)[math.ceil(share * len(samples)) - 1]


def summary(samples: Sequence[float]) -> Summary:
    """Sum up the samples of one figure."""
    return Summary(
        n=len(samples),
        p50=round(quantile(samples, 0.5), 3),
        p95=round(quantile(samples, 0.95), 3),
        max=round(quantile(samples, 1), 3),
    )
