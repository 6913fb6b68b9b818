"""Verdicts: the possible results of a requirement, and how they sum up to a result of a site."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Broken", "Inconclusive", "Verdict", "judged", "of_site", "result", "worst"]


class Verdict(enum.StrEnum):
    """Result of one requirement; the order is from worst to best."""

    FAILED = "failed"
    """The site does not meet it."""
    BROKEN = "broken"
    """The test could not decide, by an error of its own or of its environment."""
    INCONCLUSIVE = "inconclusive"
    """The run does not suffice: too few figures, or the site lacks what the test looks for."""
    NOT_RUN = "not run"
    """Its tests were deselected, or the run stopped before them."""
    PART = "part"
    """What was tested of it holds; the report says which part, and how often."""
    PASSED = "passed"
    """The requirement holds in full."""
    NOT_CLAIMED = "not claimed"
    """The site has no section for something that the requirement needs."""


class Broken(Exception):  # noqa: N818 - named as the verdict
    """The test cannot tell whether the site meets the requirement."""


class Inconclusive(Exception):  # noqa: N818 - named as the verdict
    """The figures do not suffice, or the site lacks what the test looks for."""


_ORDER = {verdict: rank for rank, verdict in enumerate(Verdict)}


def judged(error: BaseException | None, *, in_test: bool) -> Verdict:
    """Return the verdict of one phase of a test.

    Args:
        error: What it raised, if anything.
        in_test: Whether the phase was the test itself; an error in set-up or clean-up is never
            the fault of the site.
    """
    if error is None:
        return Verdict.PASSED
    if in_test and isinstance(error, AssertionError):
        return Verdict.FAILED
    return Verdict.INCONCLUSIVE if isinstance(error, Inconclusive) else Verdict.BROKEN


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict of a requirement from those of its tests: the worst one.

    Without any test it is "not run". If some tests ran and others did not, it is at best a part.
    """
    known = set(verdicts)
    if not known:
        return Verdict.NOT_RUN
    if Verdict.NOT_RUN in known and known & {Verdict.PASSED, Verdict.PART}:
        known = (known - {Verdict.NOT_RUN, Verdict.PASSED}) | {Verdict.PART}
    return min(known, key=_ORDER.__getitem__)


def result(verdicts: Iterable[Verdict]) -> str:
    """Sum up the requirements of one level: success, partial or failure."""
    known = set(verdicts) - {Verdict.NOT_CLAIMED}
    if Verdict.FAILED in known:
        return "failure"
    return "success" if known == {Verdict.PASSED} else "partial"


def of_site(verdicts: Iterable[tuple[str, Verdict]]) -> str:
    """Sum up a site by its MUSTs: conformant, partial or not conformant.

    Args:
        verdicts: Level and verdict of each requirement.
    """
    musts = [verdict for level, verdict in verdicts if level == "MUST"]
    return {"success": "conformant", "failure": "not conformant"}.get(result(musts), "partial")
