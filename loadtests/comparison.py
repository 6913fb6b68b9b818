"""Comparison: ratio and difference of a figure between the two arms, with intervals."""

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
    """An estimate with its confidence interval."""

    estimate: float
    low: float
    high: float
    confidence: float = Field(description="Share of such intervals that hold the true value")
    method: str


class Comparison(Part):
    """Comparison of the full arm with the free one, by pairs."""

    pairs: int = Field(ge=1)
    slower_in: int = Field(description="Pairs in which the full arm took longer")
    ratio_of_p50: Interval = Field(description="p50 of the full arm divided by p50 of the free")
    difference: Interval = Field(description="Median of full minus free within a pair, in seconds")


def compared(free: Sequence[float], full: Sequence[float], seed: int) -> Comparison:
    """Compare two arms; the n-th samples of both are a pair.

    Args:
        free: Samples of the free arm.
        full: Samples of the full arm, as many.
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
    """Return the ratio of medians; pairs are resampled as a unit, as their samples correlate."""
    rng = random.Random(seed)  # noqa: S311 - not for a secret
    ratios = [_of_p50(rng.choices(pairs, k=len(pairs))) for _ in range(RESAMPLES)]
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
    """Return the median difference; the interval assumes nothing about the distribution."""
    ranked, rank = sorted(differences), _rank(len(differences))
    return Interval(
        estimate=round(quantile(ranked, 0.5), DIGITS),
        low=round(ranked[rank - 1], DIGITS),
        high=round(ranked[-rank], DIGITS),
        confidence=round(_coverage(len(ranked), rank), 4),
        method=f"exact, by order statistics: the differences {rank} and {len(ranked) - rank + 1}",
    )


def _rank(count: int) -> int:
    """Return the largest rank with an interval of enough confidence; 1 if there is none."""
    enough = [k for k in range(1, count // 2 + 1) if _coverage(count, k) >= CONFIDENCE]
    return max(enough, default=1)


def _coverage(count: int, rank: int) -> float:
    """Return the probability that the median is between samples `rank` and `count - rank + 1`."""
    return float(1 - 2 * sum(comb(count, k) for k in range(rank)) / 2**count)
