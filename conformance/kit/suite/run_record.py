"""RunRecord: every requirement of one pytest run, with its tests and their verdicts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance.kit.requirements import MARK
from conformance.kit.verdicts import Verdict, judged, worst

from .environment import Noise, environment, suite
from .report import Judged, Report

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from conformance.kit.record import Record
    from conformance.kit.requirements import Requirement
    from conformance.kit.site.site_under_test import SiteUnderTest

    from .options import Options

__all__ = ["ROOM", "RUN", "RunRecord", "requirement_of"]

ROOM = Path(__file__).resolve().parents[2]


def requirement_of(item: pytest.Item) -> Requirement | None:
    """Return the requirement of a test, or None for a test of our code."""
    mark = item.get_closest_marker(MARK)
    row: Requirement | None = mark.args[0] if mark else None
    return row


@dataclass
class _Try:
    """One test of a requirement, with its number of rounds."""

    profile: str
    rounds: int = 1
    verdict: Verdict = Verdict.NOT_RUN
    why: str = ""
    record: Record | None = None


@dataclass
class RunRecord:
    """Record of one run.

    Attributes:
        options: Of the command line.
        now: When the run began.
        site: The site; None until it is opened.
        folder: Folder of the report and the samples.
        report: The report; None until it is written.
    """

    options: Options
    now: datetime
    site: SiteUnderTest | None = None
    folder: Path = Path()
    report: Report | None = None
    _rows: dict[str, Requirement] = field(default_factory=dict)
    _tries: dict[str, dict[str, _Try]] = field(default_factory=dict)
    _noise: Noise = field(default_factory=Noise)

    def open(self, reports: Path) -> None:
        """Open the site that the options name.

        Args:
            reports: Parent of the folder of this run, unless the options name the folder.
        """
        self.site = self.options.site_under_test()
        self.folder = self.options.report_dir or (
            reports / f"{self.site.settings.name}-{self.now:%Y%m%dT%H%M%SZ}"
        )

    @property
    def ran(self) -> bool:
        """Whether the test of any requirement ran."""
        verdicts = {t.verdict for tries in self._tries.values() for t in tries.values()}
        return bool(verdicts - {Verdict.NOT_RUN, Verdict.NOT_CLAIMED})

    def add(self, row: Requirement, item: pytest.Item) -> None:
        """Add a collected test, even if it will not run."""
        other = self._rows.setdefault(row.id, row)
        assert other.uuid == row.uuid, f"two requirements are called {row.id}"
        self._tries.setdefault(row.id, {})[item.nodeid] = _Try(_profile(item), _rounds(item))

    def drops(self, item: pytest.Item, chosen: Sequence[pytest.Item]) -> bool:
        """Tell whether a test is not to run: not claimed, or brief while its long form runs."""
        row = requirement_of(item)
        assert row
        missing = [need for need in row.needs if self.site and not self.site.claims(need)]
        if missing:
            one = self._tries[row.id][item.nodeid]
            one.verdict, one.why = Verdict.NOT_CLAIMED, f"the site has no {', '.join(missing)}"
            return True
        return any(
            other.get_closest_marker("long") and _function(other) == _function(item)
            for other in chosen
            if other is not item and not item.get_closest_marker("long")
        )

    def begin(self, item: pytest.Item, record: Record) -> None:
        """Attach the record of a test that begins."""
        self._try(item).record = record

    def phase(self, item: pytest.Item, when: str, error: BaseException | None) -> None:
        """Record the verdict of one phase of a test: setup, call or teardown."""
        one = self._try(item)
        if error:
            verdict = judged(error, in_test=when == "call")
            so_far = set() if one.verdict is Verdict.NOT_RUN else {one.verdict}
            one.verdict = worst({*so_far, verdict})
            one.why = one.why or str(error).partition("\n")[0] or type(error).__name__
        elif when == "call":  # an interrupted test never comes here, so it stays "not run"
            short = one.record and one.record.shown
            one.verdict = Verdict.PART if short else Verdict.PASSED

    def properties(self, item: pytest.Item) -> list[tuple[str, object]]:
        """Return the properties of a test in the JUnit report."""
        row, one = requirement_of(item), self._try(item)
        assert row
        facts: list[tuple[str, object]] = [
            ("id", row.id),
            ("uuid", row.uuid),
            ("level", str(row.level)),
            ("lane", self.options.lane),
            ("seed", self.options.seed),
            ("verdict", str(one.verdict)),
        ]
        if one.record:
            facts += [("n", one.record.n), ("part", "; ".join(one.record.shown))]
            for name, sums in one.record.estimates.items():
                facts += [(f"{name}.{key}", value) for key, value in sums.model_dump().items()]
        return facts

    def tests(self) -> list[Judged]:
        """Return the result of every requirement, in the order of ids."""
        return [self._judged(self._rows[id_]) for id_ in sorted(self._rows)]

    def unexpected(self) -> list[str]:
        """Return a sentence for each verdict that the mark of its requirement does not expect."""
        found = []
        for one in self.tests():
            row, counted = self._rows[one.id], _without_brief(self._tries[one.id])
            expected = row.expected(self.options.lane, max(t.rounds for t in counted.values()))
            if one.verdict is not expected:
                found.append(
                    f"{one.id} is {one.verdict}; its test expects {expected} on lane "
                    f"{self.options.lane}"
                )
        return found

    def write(self) -> None:
        """Write the report."""
        assert self.site
        place = environment(
            self.site,
            self.site.api(),
            self.options.lane,
            self.options.cannot_show(),
            self._noise,
        )
        self.report = Report.of(
            f"{self.now:%Y-%m-%dT%H:%M:%SZ}",
            suite(self.options.seed),
            place,
            self.options.whose,
            self.tests(),
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        self.report.write(self.folder / "report.yaml")

    def _try(self, item: pytest.Item) -> _Try:
        row = requirement_of(item)
        assert row
        return self._tries[row.id][item.nodeid]

    def _judged(self, row: Requirement) -> Judged:
        tries = self._tries[row.id]
        counted = _without_brief(tries)
        records = [one.record for one in counted.values() if one.record]
        verdict = worst(one.verdict for one in counted.values())
        files = {r.samples_file for r in records if r.samples_file and r.samples_file.exists()}
        return Judged(
            id=row.id,
            uuid=row.uuid,
            level=row.level,
            sentence=row.sentence,
            profile=next(iter(tries.values())).profile,
            verdict=verdict,
            lane=self.options.lane,
            n=sum(record.n for record in records),
            part=[words for record in records for words in record.shown],
            why="; ".join(dict.fromkeys(one.why for one in counted.values() if one.why)),
            estimate={k: v for record in records for k, v in record.estimates.items()},
            evidence=sorted(str(file.relative_to(self.folder)) for file in files),
        )


RUN = pytest.StashKey[RunRecord]()
"""Key of the record of the run in the stash of pytest's configuration."""


def _without_brief(tries: dict[str, _Try]) -> dict[str, _Try]:
    """Drop the form of a test, brief or long, that did not run while the other one did."""
    ran = {id_: one for id_, one in tries.items() if one.verdict is not Verdict.NOT_RUN}
    functions = {id_.partition("[")[0] for id_ in ran}
    missing = {id_: one for id_, one in tries.items() if id_.partition("[")[0] not in functions}
    return ran | missing


def _function(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


def _rounds(item: pytest.Item) -> int:
    """Return how often a test repeats."""
    call = getattr(item, "callspec", None)
    return int(call.params.get("rounds", 1)) if call else 1


def _profile(item: pytest.Item) -> str:
    """Return the profile of a test: the name of its folder, which is that of a capability."""
    path = item.path
    return path.relative_to(ROOM).parts[0] if ROOM in path.parents else path.parent.name
