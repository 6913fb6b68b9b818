from __future__ import annotations

import math

import pytest

from conformance.kit.summaries import quantile, summary


def test_a_quantile_is_one_of_the_samples() -> None:
    samples = [5.0, 1.0, 3.0, 2.0, 4.0]
    assert [quantile(samples, share) for share in (0.2, 0.5, 0.81, 1)] == [1, 3, 5, 5]
    assert quantile([7.0], 0.5) == 7


def test_a_failed_try_counts_as_infinite() -> None:
    assert summary([1.0, math.inf]).max == math.inf
    assert summary([1.0, 2.0, math.inf]).p50 == 2


@pytest.mark.parametrize(("samples", "share"), [([], 0.5), ([1.0], 0), ([1.0], 1.1)])
def test_a_quantile_needs_samples_and_a_share(samples: list[float], share: float) -> None:
    with pytest.raises(ValueError, match="needs samples"):
        quantile(samples, share)


def test_a_summary_has_the_number_of_samples() -> None:
    found = summary([float(n) for n in range(1, 21)])
    assert (found.n, found.p50, found.p95, found.max) == (20, 10, 19, 20)
