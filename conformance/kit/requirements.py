"""Requirement: one sentence that a site must hold to, and the mark that ties a test to it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MARK", "MAY", "MUST", "SHOULD", "Level", "Requirement", "Rounds", "requirement"]

MARK = "requirement"
"""Pytest's mark that carries a Requirement."""

Test = TypeVar("Test", bound="Callable[..., None]")


class Level(enum.StrEnum):
    """How binding it is, as RFC 2119 has it."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


MUST, SHOULD, MAY = Level


@dataclass(frozen=True)
class Rounds:
    """How often it is tried: `brief` at every change, `full` for the whole row."""

    brief: int
    full: int


@dataclass(frozen=True)
class Requirement:
    """One row of the list of requirements.

    Attributes:
        id: Three letters, two digits; never reused.
        level: How binding it is.
        uuid: Never changed, whatever becomes of words and numbers.
        sentence: What holds, in the present tense.
        needs: Sections of the site file without which the site does not claim it; `stack` stands
            for a site that was deployed from this repository.
        rounds: How often it is tried, where once is not enough.
    """

    id: str
    level: Level
    uuid: str
    sentence: str
    needs: tuple[str, ...] = ()
    rounds: Rounds | None = None


def requirement(  # noqa: PLR0913, PLR0917 - a row's columns
    id: str,  # noqa: A002 - what everybody calls it
    level: Level,
    uuid: str,
    sentence: str,
    needs: tuple[str, ...] = (),
    rounds: Rounds | None = None,
) -> Callable[[Test], Test]:
    """Say which requirement a test shows; it then is a test of a site, and never of our code."""
    row = Requirement(id, level, uuid, sentence, needs, rounds)

    def marked(test: Test) -> Test:
        site: Test = pytest.mark.site(test)
        done: Test = getattr(pytest.mark, MARK)(row)(site)
        return done

    return marked
