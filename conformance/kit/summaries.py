"""Summaries: quantiles of the samples of one figure; a failed try counts as infinite."""

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

    n: int = Field(ge=1, description="Number of samples")
    p50: float = Field(description="Median: half of the samples are at most this")
    p95: float = Field(description="19 of 20 samples are at most this")
    max: float = Field(description="Largest sample")


def quantile(samples: Sequence[float], share: float) -> float:
    """Return the smallest sample such that at least this share of all samples is not larger.

    Raises:
        ValueError: There are no samples, or the share is not in (0, 1].
    """
    if not samples or not 0 < share <= 1:
        raise ValueError("a quantile needs samples and a share of them")
    return sorted(samples)[math.ceil(share * len(samples)) - 1]


def summary(samples: Sequence[float]) -> Summary:
    """Return the summary of the samples of one figure."""
    return Summary(
        n=len(samples),
        p50=round(quantile(samples, 0.5), 3),
        p95=round(quantile(samples, 0.95), 3),
        max=round(quantile(samples, 1), 3),
    )
