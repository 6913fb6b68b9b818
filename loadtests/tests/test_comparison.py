from __future__ import annotations

import random

import pytest

from loadtests import comparison
from loadtests.comparison import compared

FREE = [3.0, 3.1, 3.2, 3.3, 3.4, 3.5, 3.6, 3.7, 3.8, 3.9]


def test_a_constant_ratio_has_an_interval_of_one_point() -> None:
    found = compared(FREE, [2 * one for one in FREE], seed=1)
    ratio = found.ratio_of_p50
    assert (ratio.low, ratio.estimate, ratio.high) == (2, 2, 2)
    assert (found.pairs, found.slower_in) == (10, 10)


def test_the_ratio_is_that_of_the_medians() -> None:
    full = [4.0, 4.1, 4.2, 4.3, 5.1, 9, 9, 9, 9, 9]
    ratio = compared(FREE, full, seed=1).ratio_of_p50
    assert ratio.estimate == pytest.approx(5.1 / 3.4)
    assert ratio.low < ratio.estimate < ratio.high
    assert "10000 resamples" in ratio.method


def test_the_interval_of_ten_differences_is_from_the_second_to_the_ninth() -> None:
    # exact: 1 - 2 (1 + 10) / 2^10, whatever the distribution
    full = [free + more / 10 for free, more in zip(FREE, range(10), strict=True)]
    difference = compared(FREE, full, seed=1).difference
    assert (difference.low, difference.estimate, difference.high) == (0.1, 0.4, 0.8)
    assert difference.confidence == round(1 - 22 / 1024, 4)
    assert difference.method.endswith("the differences 2 and 9")


@pytest.mark.parametrize(("pairs", "confidence"), [(1, 0), (2, 0.5), (5, 0.9375), (6, 0.9688)])
def test_few_pairs_have_less_confidence(pairs: int, confidence: float) -> None:
    found = compared(FREE[:pairs], FREE[:pairs], seed=1)
    assert found.difference.confidence == confidence
    assert found.slower_in == 0


def test_intervals_hold_the_true_value_as_often_as_their_confidence_says() -> None:
    rng = random.Random(1)  # noqa: S311
    made = [comparison._difference([rng.gauss(1, 0.3) for _ in range(10)]) for _ in range(1000)]
    held = sum(one.low <= 1 <= one.high for one in made)
    assert 960 <= held <= 995


def test_the_same_seed_gives_the_same_comparison() -> None:
    full = [one * lot for one, lot in zip(FREE, [1.1, 1, 1.2, 1, 1.3] * 2, strict=True)]
    assert compared(FREE, full, seed=3) == compared(FREE, full, seed=3)
