from __future__ import annotations

import pytest

from conformance.kit.requirements import Level
from conformance.kit.verdicts import Broken, Inconclusive, Verdict, judged, of_site, result, worst

P = Verdict.PASSED
F = Verdict.FAILED
B = Verdict.BROKEN
N = Verdict.NOT_RUN
C = Verdict.NOT_CLAIMED
U = Verdict.INCONCLUSIVE
X = Verdict.PART


@pytest.mark.parametrize(
    ("verdicts", "whole"),
    [
        ([], N),
        ([P], P),
        ([P, P], P),
        ([P, F], F),
        ([B, F], F),
        ([P, B], B),
        ([P, U], U),
        ([U, B], B),
        ([P, X], X),
        ([P, N], X),
        ([X, N], X),
        ([F, N], F),
        ([N, N], N),
        ([C, C], C),
    ],
)
def test_a_requirement_has_the_worst_verdict_of_its_tests(
    verdicts: list[Verdict], whole: Verdict
) -> None:
    assert worst(verdicts) is whole
    assert worst(reversed(verdicts)) is whole


def test_only_a_false_assertion_of_the_test_itself_fails_a_site() -> None:
    assert judged(None, in_test=True) is P
    assert judged(AssertionError(), in_test=True) is F
    assert judged(AssertionError(), in_test=False) is B
    assert judged(Broken(), in_test=True) is B
    assert judged(KeyError(), in_test=True) is B
    assert judged(Inconclusive(), in_test=True) is U


@pytest.mark.parametrize("short", [B, N, U, X])
def test_only_passed_requirements_are_a_success(short: Verdict) -> None:
    assert result([P, P]) == "success"
    assert result([P, C]) == "success"
    assert result([P, short]) == "partial"
    assert result([short, F]) == "failure"
    assert result([]) == "partial"


def test_a_site_is_judged_by_its_musts_alone() -> None:
    must, should = Level.MUST, Level.SHOULD
    assert of_site([(must, P), (should, F)]) == "conformant"
    assert of_site([(must, P), (must, N)]) == "partial"
    assert of_site([(must, F), (must, N)]) == "not conformant"
    assert of_site([(should, P)]) == "partial"
