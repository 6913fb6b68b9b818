"""Judge: keeps the book of one run: every requirement, its tests, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.kit.requirements import MARK
from conformance.kit.verdicts import Verdict, judged, worst

from .environment import Noise, look, suite
from .report import Judged, Report

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import pytest

    from conformance.kit.record import Record
    from conformance.kit.requirements import Requirement
    from conformance.kit.site.site_under_test import View

    from .options import Asked

__all__ = ["ROOM", "Judge", "requirement_of"]

ROOM = Path(__file__).resolve().parents[2]


def requirement_of(item: pytest.Item) -> Requirement | None:
    """Return the requirement that a test shows, if it is one of a site."""
    mark = item.get_closest_marker(MARK)
    row: Requirement | None = mark.args[0] if mark else None
    return row


@dataclass
class _Try:
    """One test of a requirement."""

    profile: str
    verdict: Verdict = Verdict.NOT_RUN
    why: str = ""
    record: Record | None = None


@dataclass
class Judge:
    """The book.

    Attributes:
        asked: The options.
        now: When the run began.
        view: The site, once it is known.
        folder: Where everything goes.
        report: The report, once it is written.
    """

    asked: Asked
    now: datetime
    view: View | None = None
    folder: Path = Path()
    report: Report | None = None
    _rows: dict[str, Requirement] = field(default_factory=dict)
    _tries: dict[str, dict[str, _Try]] = field(default_factory=dict)
    _noise: Noise = field(default_factory=Noise)

    def open(self, reports: Path) -> None:
        """Look at the site.

        Args:
            reports: Where this run's folder is to be, unless the options name one.
        """
        self.view = self.asked.view()
        self.folder = self.asked.report_dir or (
            reports / f"{self.view.site.name}-{self.now:%Y%m%dT%H%M%SZ}"
        )

    @property
    def ran(self) -> bool:
        """Whether any test of a site ran."""
        verdicts = {t.verdict for tries in self._tries.values() for t in tries.values()}
        return bool(verdicts - {Verdict.NOT_RUN, Verdict.NOT_CLAIMED})

    def knows(self, row: Requirement, item: pytest.Item) -> None:
        """Take note of a test, whether it will run or not."""
        other = self._rows.setdefault(row.id, row)
        assert other.uuid == row.uuid, f"two requirements are called {row.id}"
        self._tries.setdefault(row.id, {})[item.nodeid] = _Try(_profile(item))

    def drops(self, item: pytest.Item, chosen: Sequence[pytest.Item]) -> bool:
        """Tell whether a chosen test is of no use: not claimed, or the brief one of two."""
        row = requirement_of(item)
        assert row
        missing = [need for need in row.needs if self.view and not self.view.claims(need)]
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
        """Give a test its record."""
        self._try(item).record = record

    def phase(self, item: pytest.Item, when: str, error: BaseException | None) -> None:
        """Take note of what became of one phase of a test."""
        one = self._try(item)
        if error:
            verdict = judged(error, in_test=when == "call")
            so_far = set() if one.verdict is Verdict.NOT_RUN else {one.verdict}
            one.verdict = worst({*so_far, verdict})
            one.why = one.why or str(error).partition("\n")[0] or type(error).__name__
        elif when == "call":  # until then it is not run: what is interrupted never comes here
            short = one.record and one.record.shown
            one.verdict = Verdict.PART if short else Verdict.PASSED

    def told(self, item: pytest.Item) -> list[tuple[str, object]]:
        """Return what JUnit's report tells of a test."""
        row, one = requirement_of(item), self._try(item)
        assert row
        facts: list[tuple[str, object]] = [
            ("id", row.id),
            ("uuid", row.uuid),
            ("level", str(row.level)),
            ("lane", self.asked.lane),
            ("seed", self.asked.seed),
            ("verdict", str(one.verdict)),
        ]
        if one.record:
            facts += [("n", one.record.n), ("part", "; ".join(one.record.shown))]
            for name, sums in one.record.estimates.items():
                facts += [(f"{name}.{key}", value) for key, value in sums.model_dump().items()]
        return facts

    def tests(self) -> list[Judged]:
        """Judge every requirement, in the order of ids."""
        return [self._judged(self._rows[id_]) for id_ in sorted(self._rows)]

    def write(self) -> None:
        """Write the report."""
        assert self.view
        place = look(
            self.view,
            self.view.cluster(),
            self.asked.lane,
            self.asked.cannot_show(),
            self._noise,
        )
        self.report = Report.of(
            f"{self.now:%Y-%m-%dT%H:%M:%SZ}",
            suite(self.asked.seed),
            place,
            self.asked.whose,
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
            lane=self.asked.lane,
            n=sum(record.n for record in records),
            part=[words for record in records for words in record.shown],
            why="; ".join(dict.fromkeys(one.why for one in counted.values() if one.why)),
            estimate={k: v for record in records for k, v in record.estimates.items()},
            evidence=sorted(str(file.relative_to(self.folder)) for file in files),
        )


def _without_brief(tries: dict[str, _Try]) -> dict[str, _Try]:
    """Of a test that is tried both briefly and in full, count the one that ran."""
    ran = {id_: one for id_, one in tries.items() if one.verdict is not Verdict.NOT_RUN}
    functions = {id_.partition("[")[0] for id_ in ran}
    missing = {id_: one for id_, one in tries.items() if id_.partition("[")[0] not in functions}
    return ran | missing


def _function(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


def _profile(item: pytest.Item) -> str:
    """The capability: the folder that the test is in."""
    path = item.path
    return path.relative_to(ROOM).parts[0] if ROOM in path.parents else path.parent.name
