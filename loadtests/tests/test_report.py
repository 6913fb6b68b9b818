from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import yaml

from conformance.kit.verdicts import Verdict
from loadtests import plot, samples
from loadtests.arrivals import Arm
from loadtests.report import Measured, Report

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.kit.suite.report import Environment, Suite
    from loadtests.samples import Sample

DATE = "2026-11-25T08:00:00Z"
DONE = Measured(verdict=Verdict.PASSED, pairs_asked=10)


def test_a_report_has_all_samples_of_both_arms_and_their_ratio(
    seen: list[Sample], suite: Suite, place: Environment, tmp_path: Path
) -> None:
    report = Report.of(DATE, DONE, suite, place, seen)
    report.write(tmp_path / "report.yaml")
    assert Report.read(tmp_path / "report.yaml") == report
    text = (tmp_path / "report.yaml").read_text()
    assert text.startswith("# Lane W: ")
    content = yaml.safe_load(text)
    full = content["arms"]["full"]
    assert full["figures"]["bound"]["n"] == len(full["figures"]["bound"]["samples"]) == 10
    assert full["figures"]["total"]["max"] == max(full["figures"]["total"]["samples"])
    assert full["gaveWay"]["placeholders_preempted"] == 10
    assert full["jobs"] == {"gaveWay": 10, "requeued": 10, "finished": 10, "lost": 0}
    assert content["arms"]["free"]["jobs"] == {
        "gaveWay": 0,
        "requeued": 0,
        "finished": 0,
        "lost": 0,
    }
    medians = [content["arms"][arm]["figures"]["bound"]["p50"] for arm in ("full", "free")]
    ratio = content["comparison"]["bound"]["ratioOfP50"]
    assert abs(ratio["estimate"] - medians[0] / medians[1]) < 0.05
    assert (content["suite"]["seed"], content["environment"]["cannotShow"]) == (
        7,
        ["anything real"],
    )


def test_an_evicted_job_that_did_not_return_is_lost(
    seen: list[Sample], suite: Suite, place: Environment
) -> None:
    last = next(one for one in reversed(seen) if one.arm is Arm.FULL)
    others = [one for one in seen if one is not last]
    lost = [*others, last.model_copy(update={"returned": None})]
    jobs = Report.of(DATE, DONE, suite, place, lost).arms[Arm.FULL].jobs
    assert (jobs.gave_way, jobs.finished, jobs.lost) == (10, 9, 1)


def test_half_a_pair_is_reported_and_not_compared(
    seen: list[Sample], suite: Suite, place: Environment, tmp_path: Path
) -> None:
    measured = Measured(verdict=Verdict.PART, why="KeyboardInterrupt", pairs_asked=10)
    report = Report.of(DATE, measured, suite, place, seen[:1])
    assert report.comparison == {}
    assert {one.rounds for one in report.arms.values()} == {0, 1}
    assert "lost 0" in report.lines()[-1]
    plot.draw(report, tmp_path / "plot.svg")
    assert (tmp_path / "plot.svg").exists()


def test_the_terminal_shows_figures_ratios_and_jobs(
    seen: list[Sample], suite: Suite, place: Environment
) -> None:
    report = Report.of(DATE, DONE, suite, place, seen)
    head, *rows, jobs = report.lines()
    assert " ".join(head.split()) == "free: p50 max full: p50 max p50 full / free"
    assert [row.split()[0] for row in rows] == ["bound", "running", "total", "reply"]
    p50 = report.arms[Arm.FREE].figures["total"].p50
    assert f"{p50:.2f}" in rows[2]
    assert jobs == "evicted jobs: 10; requeued 10, finished 10, lost 0"


def test_a_plot_has_every_sample_and_is_the_same_for_the_same_report(
    seen: list[Sample], suite: Suite, place: Environment, tmp_path: Path
) -> None:
    report = Report.of(DATE, DONE, suite, place, seen)
    files = [tmp_path / name for name in ("one.svg", "two.svg")]
    for file in files:
        plot.draw(report, file)
    assert files[0].read_text() == files[1].read_text()
    drawn = ET.parse(files[0]).getroot()  # noqa: S314 - our own
    clouds = [g for g in drawn.iter() if g.get("id", "").startswith("PathCollection")]
    dots = [sum(one.tag.endswith("use") for one in cloud.iter()) for cloud in clouds]
    assert dots == [10] * 6  # two arms in three panels


def test_samples_are_stored_one_a_line_and_read_again(seen: list[Sample], tmp_path: Path) -> None:
    file = tmp_path / "run" / "samples.jsonl"
    for one in seen:
        samples.store(file, one)
    assert samples.read(file) == seen
    assert len(file.read_text().splitlines()) == 20
