"""Arrivals: who comes when, and to what; all of it drawn by lot before anybody comes."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random

__all__ = ["Arm", "Arrival", "in_pairs"]

EARLIEST_S: Final = 1.0
LATEST_S: Final = 3.0


class Arm(enum.StrEnum):
    """What a person finds."""

    FREE = "free"
    FULL = "full"


@dataclass(frozen=True)
class Arrival:
    """One person who comes.

    Attributes:
        round: Its number, from 1.
        pair: Number of the pair that it belongs to, from 1; each has one of each arm.
        arm: What the person finds.
        delay: Seconds from the moment when the cluster is so to the person's request.
    """

    round: int
    pair: int
    arm: Arm
    delay: float


def in_pairs(pairs: int, lots: random.Random) -> list[Arrival]:
    """Draw the order of two arms: in each pair one of each, and each first equally often.

    What drifts in the meantime, a warmer cache or a busier neighbour, then meets both arms alike.
    """
    first = [(Arm.FREE, Arm.FULL)[number % 2] for number in range(pairs)]
    lots.shuffle(first)
    order = [
        (pair, arm)
        for pair, one in enumerate(first, start=1)
        for arm in (one, Arm.FULL if one is Arm.FREE else Arm.FREE)
    ]
    return [
        Arrival(number, pair, arm, lots.uniform(EARLIEST_S, LATEST_S))
        for number, (pair, arm) in enumerate(order, start=1)
    ]
