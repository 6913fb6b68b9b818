"""Record: what one test measured for its requirement: raw samples, figures and limits."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .summaries import Summary, summary

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .requirements import Requirement

__all__ = ["Record", "append", "silent"]


def silent(_: str) -> None:
    """Print nothing."""


def append(file: Path, line: str) -> None:
    """Append one raw sample to a file at once, so that an interrupted run loses none."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as lines:
        lines.write(line + "\n")


@dataclass
class Record:
    """What one test measured for its requirement.

    Attributes:
        of: The requirement.
        samples_file: File for raw samples, one JSON object a line; None writes none.
        say: Prints a line on the terminal.
        n: Number of samples.
        rounds: Number of completed rounds.
        figures: Samples of each figure by its name, in seconds.
        parts: Limits of the test, if it shows a part of the requirement only.
    """

    of: Requirement
    samples_file: Path | None = None
    say: Callable[[str], None] = silent
    n: int = 0
    rounds: int = 0
    figures: dict[str, list[float]] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)

    def sample(self, **facts: object) -> None:
        """Store one raw sample; each float in it is a figure in seconds."""
        self.n += 1
        self.say(f"{self.of.id}  {self.n}  {_line(facts)}")
        for name, value in facts.items():
            if isinstance(value, float):
                self.figures.setdefault(name, []).append(value)
        self._store({"id": self.of.id, "sample": self.n, **facts})

    def note(self, **facts: object) -> None:
        """Store a fact next to the samples, without counting it as one."""
        self._store({"id": self.of.id, **facts})

    def limit(self, part: str) -> None:
        """State that the test shows only this part of the requirement."""
        self.parts.append(part)

    def _store(self, facts: dict[str, object]) -> None:
        if self.samples_file:
            append(self.samples_file, json.dumps(facts))

    @property
    def shown(self) -> list[str]:
        """The parts that were shown; empty if the requirement was shown in full."""
        full = self.of.rounds.full if self.of.rounds else 0
        short = [f"{self.rounds} of {full} rounds"] if self.rounds < full else []
        return self.parts + short

    @property
    def estimates(self) -> dict[str, Summary]:
        """Summary of each figure."""
        return {name: summary(samples) for name, samples in self.figures.items()}


def _line(facts: dict[str, object]) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {f'{value:.2f} s' if isinstance(value, float) else value}"
        for name, value in facts.items()
        if not isinstance(value, dict | list)
    )
