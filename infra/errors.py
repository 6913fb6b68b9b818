"""ForegroundError: the one class of errors for operators, a sentence and what to type next.

Callers never tell one such error from another, so there is no class per error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ForegroundError"]


class ForegroundError(Exception):
    """An error that an operator reads, without a traceback.

    Args:
        problem: What is wrong, as one sentence without a full stop.
        hint: What to edit, or the next command to type.
        details: One line for each fault, if there are several.
        at: File, machine or resource to look at.
    """

    def __init__(
        self, problem: str, hint: str = "", *, details: Iterable[str] = (), at: str = ""
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint
        self.details = tuple(details)
        self.at = at

    def __str__(self) -> str:
        lines = [self.problem, *(f"  {detail}" for detail in self.details)]
        if self.at:
            lines.append(f"   at: {self.at}")
        if self.hint:
            lines.append(f"  try: {self.hint}")
        return "\n".join(lines)
