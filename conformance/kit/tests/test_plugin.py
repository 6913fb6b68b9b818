from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
import yaml

from conformance.kit.suite.report import Report
from conformance.kit.verdicts import Verdict

if TYPE_CHECKING:
    from conformance.kit.tests.conftest import Api

TOP = Path(__file__).resolve().parents[3]
TESTS = """
import os, signal
from conformance.kit.requirements import MUST, SHOULD, Rounds, requirement
from conformance.kit.verdicts import Broken

@requirement("AAA-01", MUST, "1", "It holds.")
def test_holds(record):
    record.sample(bound=0.25)

@requirement("AAA-02", MUST, "2", "It fails.")
def test_fails(record):
    assert record.n == 1, "there is no sample"

@requirement("AAA-03", SHOULD, "3", "It cannot be told.")
def test_cannot_be_told():
    raise Broken("the world is down")

@requirement("AAA-04", MUST, "4", "It holds often.", rounds=Rounds(2, 5))
def test_holds_often(record, rounds):
    for _ in range(rounds):
        record.sample(bound=float(rounds))
        record.rounds += 1

@requirement("AAA-05", MUST, "5", "It is not claimed.", needs=("stack", "headroom"))
def test_is_not_claimed():
    raise SystemError

@requirement("AAA-06", MUST, "6", "It is not chosen.")
def test_is_not_chosen():
    raise SystemError

@requirement("AAA-07", MUST, "7", "It is interrupted.")
def test_is_interrupted(record):
    os.kill(os.getpid(), signal.SIGTERM)
    signal.pause()
"""


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_trial.py").write_text(TESTS)
    (folder / "pytest.ini").write_text(
        "[pytest]\nmarkers =\n  site: x\n  long: x\n  requirement(row): x\n"
    )
    return subprocess.run(
        [
            *(
                sys.executable,
                "-m",
                "pytest",
                "-p",
                "conformance.kit.suite.plugin",
                "--strict-markers",
            ),
            *("-p", "no:cacheprovider", "-q", *words, str(folder)),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(TOP)},
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )


@pytest.fixture
def site(api: Api, tmp_path: Path) -> list[str]:
    api.items = {"pods": [], "nodes": []}
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(json.dumps(api.kubeconfig))
    # what a site says, without what this run does not claim
    said = yaml.safe_load((TOP / "stacks" / "sites" / "Pulumi.ci.yaml").read_text())["config"]
    for capability in ("headroom", "notebooks", "queueing"):
        said.pop(f"foreground:{capability}", None)
    file = tmp_path / "Pulumi.other.yaml"
    file.write_text(yaml.safe_dump({"config": said}))
    report = ("--report-dir", str(tmp_path / "report"))
    return ["--kubeconfig", str(kubeconfig), "--site-file", str(file), *report]


def test_a_run_is_a_report_of_every_requirement(site: list[str], tmp_path: Path) -> None:
    done = run(
        tmp_path,
        *site,
        "-m",
        "not long",
        "-k",
        "not is_not_chosen and not interrupted",
        "--lane",
        "W",
    )
    assert done.returncode == 1, done.stdout + done.stderr
    report = Report.read(tmp_path / "report" / "report.yaml")
    assert {one.id: one.verdict for one in report.tests} == {
        "AAA-01": Verdict.PASSED,
        "AAA-02": Verdict.FAILED,
        "AAA-03": Verdict.BROKEN,
        "AAA-04": Verdict.PART,
        "AAA-05": Verdict.NOT_CLAIMED,
        "AAA-06": Verdict.NOT_RUN,
        "AAA-07": Verdict.NOT_RUN,
    }
    assert (report.verdict, report.environment.lane) == ("not conformant", "W")
    assert (report.environment.site, report.environment.kubernetes) == ("other", "v1.36.4")
    by_id = {one.id: one for one in report.tests}
    assert by_id["AAA-02"].why == "there is no sample"
    assert by_id["AAA-04"].part == ["2 of 5 rounds"]
    assert by_id["AAA-05"].why == "the site has no stack, headroom"
    assert by_id["AAA-01"].estimate["bound"].p50 == 0.25
    (line,) = (tmp_path / "report" / by_id["AAA-01"].evidence[0]).read_text().splitlines()
    assert json.loads(line) == {"id": "AAA-01", "sample": 1, "bound": 0.25}
    assert f"report: {tmp_path / 'report' / 'report.yaml'}" in done.stdout
    junit_says_the_same(tmp_path / "report" / "junit.xml")


def junit_says_the_same(file: Path) -> None:
    cases = ET.parse(file).iter("testcase")  # noqa: S314 - our own
    (case,) = [one for one in cases if one.get("name") == "test_holds"]
    said = {one.get("name"): one.get("value") for one in case.iter("property")}
    assert said["id"] == "AAA-01"
    assert (said["verdict"], said["lane"], said["n"]) == ("passed", "W", "1")
    assert said["bound.p50"] == "0.25"


@pytest.mark.parametrize(
    ("words", "verdict", "n", "part"),
    [([], Verdict.PASSED, 5, []), (["--rounds", "3"], Verdict.PART, 3, ["3 of 5 rounds"])],
)
def test_only_in_full_does_the_row_pass(
    site: list[str], tmp_path: Path, words: list[str], verdict: Verdict, n: int, part: list[str]
) -> None:
    run(tmp_path, *site, "-k", "often", *words)
    tests = Report.read(tmp_path / "report" / "report.yaml").tests
    (often,) = [one for one in tests if one.id == "AAA-04"]
    assert (often.verdict, often.n, often.part) == (verdict, n, part)


def test_what_is_interrupted_is_not_run_and_the_report_is_written(
    site: list[str], tmp_path: Path
) -> None:
    done = run(tmp_path, *site, "-k", "interrupted or test_holds and not often")
    assert done.returncode == 2, done.stdout + done.stderr
    tests = Report.read(tmp_path / "report" / "report.yaml").tests
    verdicts = {one.id: one.verdict for one in tests}
    assert (verdicts["AAA-01"], verdicts["AAA-07"]) == (Verdict.PASSED, Verdict.NOT_RUN)


def test_without_a_site_a_test_of_one_says_what_to_type(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 4
    assert "Which site is to be judged?\n  try: --stack NAME" in done.stderr
    assert "Traceback" not in done.stderr
