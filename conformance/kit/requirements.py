"""Requirement: one sentence about a site, and the decorator that marks its test."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeVar, get_args

import pytest

from .verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "LANES",
    "MARK",
    "MAY",
    "MUST",
    "SHOULD",
    "Lane",
    "Level",
    "Requirement",
    "Rounds",
    "requirement",
]

MARK = "requirement"
"""Name of the pytest mark that carries a Requirement."""

Test = TypeVar("Test", bound="Callable[..., None]")

Lane = Literal["W", "K", "G", "R"]
"""Where a site was judged: simulated nodes, real kubelets, real accelerators, a real remote."""

LANES: Final[tuple[Lane, ...]] = get_args(Lane)


class Level(enum.StrEnum):
    """How binding a requirement is, by RFC 2119."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


MUST, SHOULD, MAY = Level


@dataclass(frozen=True)
class Rounds:
    """How often a test repeats: `brief` for every change, `full` for the verdict passed."""

    brief: int
    full: int


@dataclass(frozen=True)
class Requirement:
    """One requirement.

    Attributes:
        id: Three letters and two digits; never used again for another requirement.
        level: How binding it is.
        uuid: Stays the same even if id and sentence change.
        sentence: What a site does, in the present tense.
        needs: Sections of the site file; a site without one of them does not claim the
            requirement. `stack` means that the site was deployed from this repository.
        rounds: How often its test repeats, if more than once.
        part_on: Lanes on which its test can only show a part of it, however often it repeats.
    """

    id: str
    level: Level
    uuid: str
    sentence: str
    needs: tuple[str, ...] = ()
    rounds: Rounds | None = None
    part_on: tuple[Lane, ...] = ()

    def expected(self, lane: Lane, rounds: int) -> Verdict:
        """Return the verdict of a site that meets it.

        Args:
            lane: Where the site is judged.
            rounds: How often the test repeats in this run.
        """
        short = self.rounds is not None and rounds < self.rounds.full
        return Verdict.PART if short or lane in self.part_on else Verdict.PASSED


def requirement(  # noqa: PLR0913, PLR0917 - the fields of a requirement
    id: str,  # noqa: A002 - the usual name
    level: Level,
    uuid: str,
    sentence: str,
    needs: tuple[str, ...] = (),
    rounds: Rounds | None = None,
    part_on: tuple[Lane, ...] = (),
) -> Callable[[Test], Test]:
    """Mark a test as the test of a requirement, to run only against a site."""
    row = Requirement(id, level, uuid, sentence, needs, rounds, part_on)

    def marked(test: Test) -> Test:
        site: Test = pytest.mark.site(test)
        done: Test = getattr(pytest.mark, MARK)(row)(site)
        return done

    return marked
