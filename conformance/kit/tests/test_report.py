from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from conformance.kit.requirements import Level
from conformance.kit.suite.report import Environment, Judged, Node, Report, Suite
from conformance.kit.summaries import summary
from conformance.kit.verdicts import Verdict

if TYPE_CHECKING:
    from pathlib import Path

PLACE = Environment(
    lane="K",
    cannot_show=["drivers"],
    site="ci",
    api="https://api.example:6443",
    kubernetes="v1.36.4",
    components={"kueue": "v0.19.2"},
    nodes=[
        Node(name="t4-0", cpu="2", memory="3Gi", accelerators={"nvidia.com/gpu": 2}, model="t4")
    ],
    noise={"load1": 3.5},
)


def one(id_: str, level: Level, verdict: Verdict, profile: str = "queueing") -> Judged:
    return Judged(
        id=id_,
        uuid="0",
        level=level,
        sentence="It holds.",
        profile=profile,
        verdict=verdict,
        lane="K",
        n=3,
        estimate={"bound": summary([0.1, 0.2, 0.3])},
    )


def report(*tests: Judged) -> Report:
    suite = Suite(version="1", commit="abc", seed=1)
    return Report.of("2026-11-25T04:00:00Z", suite, PLACE, {"organization": "x"}, list(tests))


def test_a_report_is_read_as_it_was_written_and_begins_with_its_lane(tmp_path: Path) -> None:
    written = report(one("EVI-01", Level.MUST, Verdict.PASSED))
    written.write(tmp_path / "report.yaml")
    assert Report.read(tmp_path / "report.yaml") == written
    first, *_ = (tmp_path / "report.yaml").read_text().splitlines()
    assert first == "# Lane K: its figures are not valid for another lane."


def test_musts_and_shoulds_are_summed_separately() -> None:
    summed = report(
        one("EVI-01", Level.MUST, Verdict.PASSED),
        one("EVI-11", Level.SHOULD, Verdict.FAILED),
        one("INT-01", Level.MUST, Verdict.NOT_RUN, "notebooks"),
    )
    assert summed.verdict == "partial"
    core, notebooks, queueing = summed.profiles
    assert (core.name, core.must.result, core.should.result) == ("core", "partial", "failure")
    assert core.must.statistics == {Verdict.PASSED: 1, Verdict.NOT_RUN: 1}
    assert notebooks.must.not_passed == {"INT-01": Verdict.NOT_RUN}
    assert (queueing.must.result, queueing.should.result) == ("success", "failure")


def test_an_unknown_field_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "report.yaml"
    report(one("EVI-01", Level.MUST, Verdict.PASSED)).write(file)
    file.write_text(file.read_text() + "score: 99\n")
    with pytest.raises(ValidationError, match="score"):
        Report.read(file)
