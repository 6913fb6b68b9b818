from __future__ import annotations

import math

import pytest

from conformance.kit.summaries import quantile, summary


def test_quantiles_are_samples_and_never_between_them() -> None:
    samples = [5.0, 1.0, 3.0, 2.0, 4.0]
    assert [quantile(samples, share) for share in (0.2, 0.5, 0.81, 1)] == [1, 3, 5, 5]
    assert quantile([7.0], 0.5) == 7


def test_a_failure_is_infinite_and_not_missing() -> None:
    assert summary([1.0, math.inf]).max == math.inf
    assert summary([1.0, 2.0, math.inf]).p50 == 2


@pytest.mark.parametrize(("samples", "share"), [([], 0.5), ([1.0], 0), ([1.0], 1.1)])
def test_of_nothing_there_is_no_quantile(samples: list[float], share: float) -> None:
    with pytest.raises(ValueError, match="needs samples"):
        quantile(samples, share)


def test_a_summary_says_of_how_many() -> None:
    found = summary([float(n) for n in range(1, 21)])
    assert (found.n, found.p50, found.p95, found.max) == (20, 10, 19, 20)
