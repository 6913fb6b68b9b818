from __future__ import annotations

import time

import pytest

from conformance.kit.people import person
from conformance.kit.verdicts import Broken


def test_a_start_in_the_future_is_waited_for() -> None:
    moment = time.monotonic() + 0.05
    person._sleep_until(moment)
    assert time.monotonic() >= moment


def test_a_start_in_the_past_is_not_waited_for() -> None:
    before = time.monotonic()
    person._sleep_until(0)
    assert time.monotonic() - before < 1


def test_a_start_too_far_in_the_future_is_broken() -> None:
    with pytest.raises(Broken, match="at most 60 s in the future"):
        person._sleep_until(time.monotonic() + 3600)
