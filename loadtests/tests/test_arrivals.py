from __future__ import annotations

import random
from collections import Counter

from loadtests.arrivals import Arm, in_pairs


def test_each_pair_has_both_arms_and_each_arm_is_first_equally_often() -> None:
    arrivals = in_pairs(10, random.Random(1))  # noqa: S311
    assert [one.round for one in arrivals] == [*range(1, 21)]
    assert [one.pair for one in arrivals] == [pair for pair in range(1, 11) for _ in range(2)]
    pairs = [{one.arm for one in arrivals if one.pair == pair} for pair in range(1, 11)]
    assert pairs == [{Arm.FREE, Arm.FULL}] * 10
    assert Counter(one.arm for one in arrivals[::2]) == {Arm.FREE: 5, Arm.FULL: 5}


def test_the_same_seed_gives_the_same_order_and_another_seed_another_one() -> None:
    drawn = [in_pairs(10, random.Random(seed)) for seed in (1, 1, 2)]  # noqa: S311
    assert drawn[0] == drawn[1] != drawn[2]
    assert [one.arm for one in drawn[0]] != [one.arm for one in drawn[2]]


def test_delays_are_random() -> None:
    delays = {one.delay for one in in_pairs(10, random.Random(1))}  # noqa: S311
    assert len(delays) == 20
    assert 1 <= min(delays) < max(delays) <= 3
