"""Record: what a test saw of one requirement: raw samples, figures, and how much of the row."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .summaries import Summary, summary

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .requirements import Requirement

__all__ = ["Record", "keep", "silent"]


def silent(_: str) -> None:
    """Tell nobody."""


def keep(file: Path, line: str) -> None:
    """Write one raw sample, at once: what was seen survives whatever comes."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as lines:
        lines.write(line + "\n")


@dataclass
class Record:
    """What is seen of one requirement in one test.

    Attributes:
        of: The requirement.
        samples_file: Where raw samples go, one JSON object a line; none keeps none.
        say: Tells whoever waits in front of it.
        n: How many samples there are.
        rounds: How many rounds were gone through.
        figures: Samples of each figure, in seconds, by its name.
        parts: What of the row was shown, where that is not all of it.
    """

    of: Requirement
    samples_file: Path | None = None
    say: Callable[[str], None] = silent
    n: int = 0
    rounds: int = 0
    figures: dict[str, list[float]] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)

    def sample(self, **facts: object) -> None:
        """Keep one raw sample; every float in it is a figure in seconds."""
        self.n += 1
        self.say(f"{self.of.id}  {self.n}  {_shown(facts)}")
        for name, value in facts.items():
            if isinstance(value, float):
                self.figures.setdefault(name, []).append(value)
        self._keep({"id": self.of.id, "sample": self.n, **facts})

    def note(self, **facts: object) -> None:
        """Keep a fact that is no sample."""
        self._keep({"id": self.of.id, **facts})

    def only(self, part: str) -> None:
        """Say that not the whole row is shown, but this."""
        self.parts.append(part)

    def _keep(self, facts: dict[str, object]) -> None:
        if self.samples_file:
            keep(self.samples_file, json.dumps(facts))

    @property
    def shown(self) -> list[str]:
        """What was shown, where that is not the whole row."""
        full = self.of.rounds.full if self.of.rounds else 0
        short = [f"{self.rounds} of {full} rounds"] if self.rounds < full else []
        return self.parts + short

    @property
    def estimates(self) -> dict[str, Summary]:
        """The figures, summed up."""
        return {name: summary(samples) for name, samples in self.figures.items()}


def _shown(facts: dict[str, object]) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {f'{value:.2f} s' if isinstance(value, float) else value}"
        for name, value in facts.items()
        if not isinstance(value, dict | list)
    )
