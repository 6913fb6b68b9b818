"""Measurement: one run: it keeps every sample at once, and sums up however the run ends."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conformance.kit.suite.environment import Noise, look, suite
from conformance.kit.verdicts import Verdict, judged

from . import plot, samples
from .report import FIGURES, Measured, Report

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from conformance.kit.suite.report import Environment
    from conformance.kit.suite.run import Judge

    from .samples import Sample

__all__ = ["Measurement"]


@dataclass
class Measurement:
    """A run, as a `with`; at its end there is a report, if anything was seen.

    Attributes:
        judge: Who knows the site, the options and the folder.
        pairs: How many are to be.
        say: Tells whoever waits.
        seen: What was seen so far.
        began: When, by the monotonic clock.
    """

    judge: Judge
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

    def tell(self, words: str) -> None:
        """Say what goes on, with the time that passed."""
        self.say(f"{time.monotonic() - self.began:7.1f} s  {words}")

    def take(self, sample: Sample) -> None:
        """Keep one."""
        self.seen.append(sample)
        samples.keep(self.judge.folder / "samples.jsonl", sample)
        figures = ", ".join(f"{n} {sample.moments[of]:.2f} s" for n, (of, _) in FIGURES.items())
        gave = ", ".join(f"{who} {count}" for who, count in sample.gave_way.items() if count)
        back = f"; its job back in {sample.returned.requeued:.1f} s" if sample.returned else ""
        self.tell(
            f"round {sample.round} of {2 * self.pairs}, {sample.arm}: {figures}; "
            f"gave way: {gave.replace('_', ' ') or 'nobody'}{back}{sample.fault and '; FAULT'}"
        )

    def faults(self) -> str:
        """What should not have been so, in all that was seen."""
        return "; ".join(f"round {s.round}: {s.fault}" for s in self.seen if s.fault)

    def _close(self, measured: Measured) -> None:
        folder = self.judge.folder
        asked = self.judge.asked
        report = Report.of(
            f"{self.judge.now:%Y-%m-%dT%H:%M:%SZ}",
            measured,
            suite(asked.seed),
            self._place(),
            self.seen,
        )
        report.write(folder / "report.yaml")
        plot.draw(report, folder / "plot.svg")
        for line in report.lines():
            self.say(line)
        self.say(f"report: {folder / 'report.yaml'}, plot: {folder / 'plot.svg'}")

    def _place(self) -> Environment:
        view, asked = self.judge.view, self.judge.asked
        assert view
        return look(view, view.cluster(), asked.lane, asked.cannot_show(), self._noise)


def _measured(error: BaseException | None, pairs: int) -> Measured:
    """Judge a run by how it ended; one that was interrupted shows a part."""
    why = str(error).partition("\n")[0] or type(error).__name__ if error else ""
    interrupted = error is not None and not isinstance(error, Exception)
    verdict = Verdict.PART if interrupted else judged(error, in_test=True)
    return Measured(verdict=verdict, why=why, pairs_asked=pairs)
