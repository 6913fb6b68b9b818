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

from conformance.kit.site.site_under_test import SiteUnderTest
from conformance.kit.suite.options import Options
from conformance.kit.suite.run_record import RunRecord
from conformance.kit.verdicts import Broken, Verdict
from infra.site import read_config
from loadtests.measurement import Measurement
from loadtests.report import Report

if TYPE_CHECKING:
    from loadtests.samples import Sample

TOP = Path(__file__).resolve().parents[2]
NO_API = {  # nothing listens there: a site that is down still gets its report
    "current-context": "c",
    "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:9"}}],
    "users": [{"name": "u", "user": {"token": "t0ken"}}],
}


@pytest.fixture
def run(tmp_path: Path) -> RunRecord:
    config = yaml.safe_load((TOP / "stacks" / "sites" / "Pulumi.ci.yaml").read_text())["config"]
    del config["foreground:notebooks"], config["foreground:headroom"]
    asked = Options(
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
    site = SiteUnderTest(read_config("other", config), NO_API)
    return RunRecord(asked, datetime.now(UTC), site=site, folder=tmp_path)


@pytest.mark.parametrize(
    ("error", "verdict", "why"),
    [
        (None, Verdict.PASSED, ""),
        (AssertionError("the other session is gone\nmore"), Verdict.FAILED, "the other session"),
        (Broken("the cluster cannot be watched"), Verdict.BROKEN, "cannot be watched"),
        (KeyboardInterrupt(), Verdict.PART, "KeyboardInterrupt"),
    ],
)
def test_every_end_of_a_run_leaves_a_report_of_its_samples(
    run: RunRecord,
    seen: list[Sample],
    error: BaseException | None,
    verdict: Verdict,
    why: str,
) -> None:
    lines: list[str] = []
    expected = pytest.raises(type(error)) if error else contextlib.nullcontext()
    with expected, Measurement(run, 10, lines.append) as measurement:
        for one in seen[:3]:
            measurement.add(one)
        end(error)
    report = Report.read(run.folder / "report.yaml")
    assert (report.verdict, report.environment.kubernetes) == (verdict, "does not answer")
    assert why in report.why
    assert "\n" not in report.why
    assert (run.folder / "plot.svg").exists()
    assert "round 3 of 20" in lines[2]
    assert lines[-1].startswith("report: ")


def end(error: BaseException | None) -> None:
    if error:
        raise error


def test_a_run_without_samples_leaves_no_report(run: RunRecord) -> None:
    with pytest.raises(Broken), Measurement(run, 10, lambda _: None):
        raise Broken("there is no full cluster to start from")
    assert not (run.folder / "report.yaml").exists()


def test_a_fault_is_printed_with_its_round(run: RunRecord, seen: list[Sample]) -> None:
    lines: list[str] = []
    measurement = Measurement(run, 10, lines.append)
    measurement.add(seen[0])
    measurement.add(seen[1].model_copy(update={"fault": "two jobs were evicted"}))
    assert measurement.faults() == "round 2: two jobs were evicted"
    assert lines[1].endswith("FAULT")


def test_an_error_says_which_options_name_a_site() -> None:
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
