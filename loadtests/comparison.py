"""Comparison: how much more of a figure one arm has than the other, and how sure that is."""

from __future__ import annotations

import random
from math import comb
from typing import TYPE_CHECKING, Final

from pydantic import Field

from conformance.kit.suite.report import Part
from conformance.kit.summaries import quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Comparison", "Interval", "compared"]

RESAMPLES: Final = 10_000
CONFIDENCE: Final = 0.95
DIGITS: Final = 3


class Interval(Part):
    """An estimate, and between what it may be."""

    estimate: float
    low: float
    high: float
    confidence: float = Field(description="How often an interval made so holds the true value")
    method: str


class Comparison(Part):
    """The full arm beside the free one, in pairs."""

    pairs: int = Field(ge=1)
    slower_in: int = Field(description="Pairs in which the full cluster took longer")
    ratio_of_p50: Interval = Field(description="p50 on the full cluster by p50 on the free one")
    difference: Interval = Field(description="Median of full minus free within a pair, in seconds")


def compared(free: Sequence[float], full: Sequence[float], seed: int) -> Comparison:
    """Compare two arms of which the n-th samples are a pair.

    Args:
        free: Of one arm.
        full: Of the other, as many.
        seed: Of the resampling.
    """
    pairs = list(zip(free, full, strict=True))
    return Comparison(
        pairs=len(pairs),
        slower_in=sum(more > less for less, more in pairs),
        ratio_of_p50=_ratio(pairs, seed),
        difference=_difference([more - less for less, more in pairs]),
    )


def _ratio(pairs: Sequence[tuple[float, float]], seed: int) -> Interval:
    """Resample pairs, for what holds two of them together must stay together."""
    lots = random.Random(seed)  # noqa: S311 - no secret
    ratios = [_of_p50(lots.choices(pairs, k=len(pairs))) for _ in range(RESAMPLES)]
    beyond = (1 - CONFIDENCE) / 2
    return Interval(
        estimate=round(_of_p50(pairs), DIGITS),
        low=round(quantile(ratios, beyond), DIGITS),
        high=round(quantile(ratios, 1 - beyond), DIGITS),
        confidence=CONFIDENCE,
        method=f"percentile bootstrap over pairs, {RESAMPLES} resamples; too narrow for few",
    )


def _of_p50(pairs: Sequence[tuple[float, float]]) -> float:
    return quantile([full for _, full in pairs], 0.5) / quantile([free for free, _ in pairs], 0.5)


def _difference(differences: Sequence[float]) -> Interval:
    """Count, and assume nothing: between which of the sorted differences their median lies."""
    ranked, rank = sorted(differences), _rank(len(differences))
    return Interval(
        estimate=round(quantile(ranked, 0.5), DIGITS),
        low=round(ranked[rank - 1], DIGITS),
        high=round(ranked[-rank], DIGITS),
        confidence=round(_coverage(len(ranked), rank), 4),
        method=f"exact, by order statistics: the differences {rank} and {len(ranked) - rank + 1}",
    )


def _rank(count: int) -> int:
    """Return the innermost rank whose interval is sure enough; with few samples none is."""
    sure = [k for k in range(1, count // 2 + 1) if _coverage(count, k) >= CONFIDENCE]
    return max(sure, default=1)


def _coverage(count: int, rank: int) -> float:
    """How often the median lies between the sorted samples `rank` and `count - rank + 1`."""
    return float(1 - 2 * sum(comb(count, k) for k in range(rank)) / 2**count)
