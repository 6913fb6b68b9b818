"""Arrivals: a randomized schedule of session requests, in pairs of a free and a full site."""

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
    """State of the site when a person asks for a session: without batch, or full of batch."""

    FREE = "free"
    FULL = "full"


@dataclass(frozen=True)
class Arrival:
    """One request for a session.

    Attributes:
        round: Its number, from 1.
        pair: Number of its pair, from 1; each pair has one round of each arm.
        arm: State of the site.
        delay: Seconds from the moment when the site is in that state to the request.
    """

    round: int
    pair: int
    arm: Arm
    delay: float


def in_pairs(pairs: int, rng: random.Random) -> list[Arrival]:
    """Choose the order of rounds: each pair has both arms, and each arm is first equally often.

    A drift during the measurement, such as a warmer cache, then affects both arms alike.

    Args:
        pairs: How many.
        rng: Random choices.
    """
    first = [(Arm.FREE, Arm.FULL)[number % 2] for number in range(pairs)]
    rng.shuffle(first)
    order = [
        (pair, arm)
        for pair, one in enumerate(first, start=1)
        for arm in (one, Arm.FULL if one is Arm.FREE else Arm.FREE)
    ]
    return [
        Arrival(number, pair, arm, rng.uniform(EARLIEST_S, LATEST_S))
        for number, (pair, arm) in enumerate(order, start=1)
    ]
