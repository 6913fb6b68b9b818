from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from conformance.kit.site.site_under_test import View
from conformance.kit.suite.options import Asked
from conformance.kit.suite.run import Judge
from conformance.kit.verdicts import Broken, Verdict
from infra.site import read_config
from loadtests.measurement import Measurement
from loadtests.report import Report

if TYPE_CHECKING:
    from loadtests.samples import Sample

TOP = Path(__file__).resolve().parents[2]
NOBODY = {  # nothing answers there: a report is written of a site that went away, too
    "current-context": "c",
    "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:9"}}],
    "users": [{"name": "u", "user": {"token": "t0ken"}}],
}


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    said = yaml.safe_load((TOP / "stacks" / "sites" / "Pulumi.ci.yaml").read_text())["config"]
    del said["foreground:notebooks"], said["foreground:headroom"]
    asked = Asked(
        stack=None,
        kubeconfig=None,
        site_file=None,
        ca_files=(),
        people_file=None,
        rounds=None,
        lane="W",
        cannot_show_file=None,
        whose={},
        seed=1,
        report_dir=None,
    )
    view = View(read_config("other", said), NOBODY)
    return Judge(asked, datetime.now(UTC), view=view, folder=tmp_path)


@pytest.mark.parametrize(
    ("error", "verdict", "why"),
    [
        (None, Verdict.PASSED, ""),
        (AssertionError("the other session is gone\nmore"), Verdict.FAILED, "the other session"),
        (Broken("the cluster cannot be watched"), Verdict.BROKEN, "cannot be watched"),
        (KeyboardInterrupt(), Verdict.PART, "KeyboardInterrupt"),
    ],
)
def test_however_a_run_ends_there_is_a_report_of_what_was_seen(
    judge: Judge,
    seen: list[Sample],
    error: BaseException | None,
    verdict: Verdict,
    why: str,
) -> None:
    said: list[str] = []
    expected = pytest.raises(type(error)) if error else contextlib.nullcontext()
    with expected, Measurement(judge, 10, said.append) as measurement:
        for one in seen[:3]:
            measurement.take(one)
        end(error)
    report = Report.read(judge.folder / "report.yaml")
    assert (report.verdict, report.environment.kubernetes) == (verdict, "does not answer")
    assert why in report.why
    assert "\n" not in report.why
    assert (judge.folder / "plot.svg").exists()
    assert "round 3 of 20" in said[2]
    assert said[-1].startswith("report: ")


def end(error: BaseException | None) -> None:
    if error:
        raise error


def test_a_run_in_which_nobody_came_leaves_no_report(judge: Judge) -> None:
    with pytest.raises(Broken), Measurement(judge, 10, lambda _: None):
        raise Broken("there is no full cluster to start from")
    assert not (judge.folder / "report.yaml").exists()


def test_what_should_not_have_been_so_is_told_with_its_round(
    judge: Judge, seen: list[Sample]
) -> None:
    said: list[str] = []
    measurement = Measurement(judge, 10, said.append)
    measurement.take(seen[0])
    measurement.take(seen[1].model_copy(update={"fault": "two jobs gave way"}))
    assert measurement.faults() == "round 2: two jobs gave way"
    assert said[1].endswith("FAULT")


def test_without_a_site_it_says_what_to_type() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-m", "site", "loadtests"],
        cwd=TOP,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert done.returncode == 4, done.stdout + done.stderr
    assert "Which site is to be judged?\n  try: --stack NAME" in done.stderr
    assert "Traceback" not in done.stderr
