"""Report of the load test: how long people wait on a full and on a free site, with a ratio."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field

from conformance.kit.suite.report import Environment, Part, ReportFile, Suite
from conformance.kit.summaries import quantile
from conformance.kit.verdicts import Verdict  # noqa: TC001 - pydantic needs the class itself

from .arrivals import Arm
from .comparison import Comparison, compared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .samples import Sample

__all__ = ["FIGURES", "Measured", "Report"]

API_VERSION: Final = "loadtests.foreground.internal/v1"
KIND: Final = "ContestReport"
CLOCK: Final = (
    "seconds from when the request was intended, by one clock on the computer that measured; "
    "bound and running when its watch of the API received them"
)
FIGURES: Final = {
    "bound": ("bound", "the pod has a node"),
    "running": ("running", "the pod is Running"),
    "total": ("answered", "T_total: the session's API answers, through the proxy"),
    "reply": ("reply", "the first kernel replies"),
}
"""Figures by name: the moment of a sample, and what the moment means."""
MEANS: Final = {
    Arm.FREE: "no batch, headroom is complete, and an accelerator is free",
    Arm.FULL: "headroom is complete, batch holds all other accelerators, and more jobs wait",
}


class Figure(Part):
    """One figure of one arm, in seconds."""

    n: int
    p50: float = Field(description="Half of the samples are at most this")
    max: float
    samples: list[float] = Field(description="All samples, in the order of rounds")


class Jobs(Part):
    """Numbers of evicted jobs, and of those that ran again."""

    gave_way: int
    requeued: int
    finished: int
    lost: int


class ArmReport(Part):
    """Results of one arm."""

    means: str
    rounds: int
    figures: dict[str, Figure] = Field(description="By name; empty without a round")
    gave_way: dict[str, int] = Field(description="Numbers of evictions in all rounds together")
    jobs: Jobs


class Measured(Part):
    """Result of a run."""

    verdict: Verdict
    why: str = Field(default="", description="Why it did not pass, in one line")
    pairs_asked: int


class Report(ReportFile):
    """Report of one measurement."""

    api_version: str = API_VERSION
    kind: str = KIND
    date: str
    verdict: Verdict
    why: str
    unit: Literal["s"] = "s"
    clock: str = CLOCK
    figures: dict[str, str] = Field(description="What each figure means")
    pairs_asked: int
    suite: Suite
    environment: Environment
    arms: dict[Arm, ArmReport]
    comparison: dict[str, Comparison] = Field(description="By figure, of all complete pairs")
    evidence: list[str]

    @classmethod
    def of(
        cls,
        date: str,
        measured: Measured,
        suite: Suite,
        place: Environment,
        samples: Sequence[Sample],
    ) -> Report:
        """Return the report of some samples."""
        return cls(
            date=date,
            verdict=measured.verdict,
            why=measured.why,
            figures={name: words for name, (_, words) in FIGURES.items()},
            pairs_asked=measured.pairs_asked,
            suite=suite,
            environment=place,
            arms={arm: _arm(arm, [s for s in samples if s.arm is arm]) for arm in Arm},
            comparison=_comparison(samples, suite.seed),
            evidence=["samples.jsonl", "plot.svg"],
        )

    def lines(self) -> list[str]:
        """Return a summary for a terminal: figures, ratios and evicted jobs."""
        lines = [f"{'':8} {'free: p50   max':>17} {'full: p50   max':>17}   p50 full / free"]
        for name, one in self.comparison.items():
            both = (self.arms[arm].figures[name] for arm in Arm)
            cells = " ".join(f"{f.p50:10.2f} {f.max:5.2f} s"[:18] for f in both)
            ratio = one.ratio_of_p50
            lines.append(
                f"{name:8} {cells}   {ratio.estimate:.2f} ({ratio.low:.2f} to {ratio.high:.2f})"
            )
        jobs = self.arms[Arm.FULL].jobs
        lines.append(
            f"evicted jobs: {jobs.gave_way}; requeued {jobs.requeued}, "
            f"finished {jobs.finished}, lost {jobs.lost}"
        )
        return lines


def _arm(arm: Arm, samples: Sequence[Sample]) -> ArmReport:
    gave_way: Counter[str] = Counter()
    for sample in samples:
        gave_way.update(sample.gave_way)
    jobs = gave_way["jobs_suspended"] + gave_way["batch_pods_preempted"]
    back = sum(sample.returned is not None for sample in samples)
    return ArmReport(
        means=MEANS[arm],
        rounds=len(samples),
        figures={name: _figure(samples, name) for name in FIGURES} if samples else {},
        gave_way=dict(gave_way),
        jobs=Jobs(gave_way=jobs, requeued=back, finished=back, lost=jobs - back),
    )


def _figure(samples: Sequence[Sample], name: str) -> Figure:
    seen = [round(sample.moments[FIGURES[name][0]], 3) for sample in samples]
    return Figure(n=len(seen), p50=quantile(seen, 0.5), max=max(seen), samples=seen)


def _comparison(samples: Sequence[Sample], seed: int) -> dict[str, Comparison]:
    by_arm = {arm: {s.pair: s.moments for s in samples if s.arm is arm} for arm in Arm}
    complete = sorted(by_arm[Arm.FREE].keys() & by_arm[Arm.FULL].keys())
    if not complete:
        return {}
    return {
        name: compared(
            [by_arm[Arm.FREE][pair][moment] for pair in complete],
            [by_arm[Arm.FULL][pair][moment] for pair in complete],
            seed,
        )
        for name, (moment, _) in FIGURES.items()
    }
