"""Measurement: one run of the load test; it stores samples at once and always writes a report."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conformance.kit.suite.environment import Noise, environment, suite
from conformance.kit.verdicts import Verdict, judged

from . import plot, samples
from .report import FIGURES, Measured, Report

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from conformance.kit.suite.report import Environment
    from conformance.kit.suite.run_record import RunRecord

    from .samples import Sample

__all__ = ["Measurement"]


@dataclass
class Measurement:
    """One run, as a `with`; its end writes a report if there is any sample.

    Attributes:
        run: The record of the pytest run, with site, options and folder.
        pairs: How many pairs of rounds are planned.
        say: Prints a line on the terminal.
        seen: Samples so far.
        began: When the run began, by the monotonic clock.
    """

    run: RunRecord
    pairs: int
    say: Callable[[str], None]
    seen: list[Sample] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    _noise: Noise = field(default_factory=Noise)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.seen:
            self._close(_measured(error, self.pairs))

    def progress(self, text: str) -> None:
        """Print a line with the time since the beginning."""
        self.say(f"{time.monotonic() - self.began:7.1f} s  {text}")

    def add(self, sample: Sample) -> None:
        """Store a sample and print it."""
        self.seen.append(sample)
        samples.store(self.run.folder / "samples.jsonl", sample)
        figures = ", ".join(f"{n} {sample.moments[of]:.2f} s" for n, (of, _) in FIGURES.items())
        gave = ", ".join(f"{who} {count}" for who, count in sample.gave_way.items() if count)
        back = f"; its job back in {sample.returned.requeued:.1f} s" if sample.returned else ""
        self.progress(
            f"round {sample.round} of {2 * self.pairs}, {sample.arm}: {figures}; "
            f"evictions: {gave.replace('_', ' ') or 'none'}{back}{sample.fault and '; FAULT'}"
        )

    def faults(self) -> str:
        """Return the faults of all samples, with their rounds."""
        return "; ".join(f"round {s.round}: {s.fault}" for s in self.seen if s.fault)

    def _close(self, measured: Measured) -> None:
        folder = self.run.folder
        report = Report.of(
            f"{self.run.now:%Y-%m-%dT%H:%M:%SZ}",
            measured,
            suite(self.run.options.seed),
            self._environment(),
            self.seen,
        )
        report.write(folder / "report.yaml")
        plot.draw(report, folder / "plot.svg")
        for line in report.lines():
            self.say(line)
        self.say(f"report: {folder / 'report.yaml'}, plot: {folder / 'plot.svg'}")

    def _environment(self) -> Environment:
        site, options = self.run.site, self.run.options
        assert site
        return environment(site, site.api(), options.lane, options.cannot_show(), self._noise)


def _measured(error: BaseException | None, pairs: int) -> Measured:
    """Return the verdict of a run by how it ended; an interrupted run shows a part."""
    why = str(error).partition("\n")[0] or type(error).__name__ if error else ""
    interrupted = error is not None and not isinstance(error, Exception)
    verdict = Verdict.PART if interrupted else judged(error, in_test=True)
    return Measured(verdict=verdict, why=why, pairs_asked=pairs)
