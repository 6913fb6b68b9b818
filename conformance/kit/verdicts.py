"""Verdicts: what became of a requirement, and of a site; what is missing never passed."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .requirements import Level

__all__ = ["Broken", "Inconclusive", "Verdict", "judged", "of_site", "result", "worst"]


class Verdict(enum.StrEnum):
    """What became of one requirement; the order is from worst to best."""

    FAILED = "failed"
    """The site does not hold to it."""
    BROKEN = "broken"
    """The test could not tell: its own fault, or the world's."""
    INCONCLUSIVE = "inconclusive"
    """There are figures, and they do not suffice."""
    NOT_RUN = "not run"
    """Deselected, or the run stopped before."""
    PART = "part"
    """What was tried of it holds; the report says what, and how often."""
    PASSED = "passed"
    """The whole row holds."""
    NOT_CLAIMED = "not claimed"
    """The site has no section for what it needs."""


class Broken(Exception):  # noqa: N818 - the verdict's own name
    """The test cannot tell whether the site holds to it."""


class Inconclusive(Exception):  # noqa: N818 - the verdict's own name
    """The figures do not suffice, one way or the other."""


_ORDER = {verdict: rank for rank, verdict in enumerate(Verdict)}


def judged(error: BaseException | None, *, in_test: bool) -> Verdict:
    """Judge one phase of a test by what it raised.

    Args:
        error: What it raised.
        in_test: Whether that was the test itself; before and after it, all that is wrong is ours.
    """
    if error is None:
        return Verdict.PASSED
    if in_test and isinstance(error, AssertionError):
        return Verdict.FAILED
    return Verdict.INCONCLUSIVE if isinstance(error, Inconclusive) else Verdict.BROKEN


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Judge a requirement by all tests that show it: the worst counts, and none is not run.

    Where some were run and others were not, what was run is a part.
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


def of_site(verdicts: Iterable[tuple[Level, Verdict]]) -> str:
    """Sum up a site: by its MUSTs alone."""
    musts = [verdict for level, verdict in verdicts if level == "MUST"]
    return {"success": "conformant", "failure": "not conformant"}.get(result(musts), "partial")
