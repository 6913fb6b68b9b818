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
    from conformance.kit.tests.conftest import ApiServer

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

@requirement("AAA-03", SHOULD, "3", "It cannot be decided.")
def test_cannot_be_decided():
    raise Broken("the API is down")

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

EXPECTED = """
from conformance.kit.requirements import LANES, MUST, Rounds, requirement

@requirement("AAA-01", MUST, "1", "It holds.")
def test_holds(record):
    record.sample()

@requirement("AAA-02", MUST, "2", "It holds often.", rounds=Rounds(2, 5))
def test_holds_often(record, rounds):
    record.rounds = rounds

@requirement("AAA-03", MUST, "3", "A part of it holds.", part_on=LANES)
def test_part_holds(record):
    record.limit("a part")
"""
UNCLAIMED = """
@requirement("AAA-04", MUST, "4", "It needs notebooks.", needs=("notebooks",))
def test_is_not_claimed():
    raise SystemError
"""


def run(folder: Path, *words: str, tests: str = TESTS) -> subprocess.CompletedProcess[str]:
    (folder / "test_trial.py").write_text(tests)
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
def named_site(server: ApiServer, tmp_path: Path) -> list[str]:
    """Options that name a site which claims neither headroom, notebooks nor queueing."""
    server.items = {"pods": [], "nodes": []}
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(json.dumps(server.kubeconfig))
    config = yaml.safe_load((TOP / "stacks" / "sites" / "Pulumi.ci.yaml").read_text())["config"]
    for capability in ("headroom", "notebooks", "queueing"):
        config.pop(f"foreground:{capability}", None)
    file = tmp_path / "Pulumi.other.yaml"
    file.write_text(yaml.safe_dump({"config": config}))
    report = ("--report-dir", str(tmp_path / "report"))
    return ["--kubeconfig", str(kubeconfig), "--site-file", str(file), *report]


def test_a_report_has_every_requirement(named_site: list[str], tmp_path: Path) -> None:
    done = run(
        tmp_path,
        *named_site,
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
    check_junit(tmp_path / "report" / "junit.xml")


def check_junit(file: Path) -> None:
    cases = ET.parse(file).iter("testcase")  # noqa: S314 - our own
    (case,) = [one for one in cases if one.get("name") == "test_holds"]
    properties = {one.get("name"): one.get("value") for one in case.iter("property")}
    assert properties["id"] == "AAA-01"
    assert (properties["verdict"], properties["lane"], properties["n"]) == ("passed", "W", "1")
    assert properties["bound.p50"] == "0.25"


@pytest.mark.parametrize(
    ("words", "verdict", "n", "part"),
    [([], Verdict.PASSED, 5, []), (["--rounds", "3"], Verdict.PART, 3, ["3 of 5 rounds"])],
)
def test_a_requirement_passes_only_with_all_its_rounds(
    named_site: list[str],
    tmp_path: Path,
    words: list[str],
    verdict: Verdict,
    n: int,
    part: list[str],
) -> None:
    run(tmp_path, *named_site, "-k", "often", *words)
    tests = Report.read(tmp_path / "report" / "report.yaml").tests
    (often,) = [one for one in tests if one.id == "AAA-04"]
    assert (often.verdict, often.n, often.part) == (verdict, n, part)


def test_an_interrupted_run_has_a_report_and_its_last_test_is_not_run(
    named_site: list[str], tmp_path: Path
) -> None:
    done = run(tmp_path, *named_site, "-k", "interrupted or test_holds and not often")
    assert done.returncode == 2, done.stdout + done.stderr
    tests = Report.read(tmp_path / "report" / "report.yaml").tests
    verdicts = {one.id: one.verdict for one in tests}
    assert (verdicts["AAA-01"], verdicts["AAA-07"]) == (Verdict.PASSED, Verdict.NOT_RUN)


def test_an_error_says_which_options_name_a_site(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 4
    assert "Which site is to be judged?\n  try: --stack NAME" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [["-m", "not long"], []], ids=["brief", "full"])
def test_expected_verdicts_pass_a_strict_run(
    named_site: list[str], tmp_path: Path, words: list[str]
) -> None:
    done = run(tmp_path, *named_site, "--strict-verdicts", *words, tests=EXPECTED)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("tests", "words", "unexpected"),
    [
        pytest.param(
            EXPECTED + UNCLAIMED,
            [],
            "AAA-04 is not claimed; its test expects passed on lane K",
            id="the site lost a section",
        ),
        pytest.param(
            EXPECTED,
            ["-k", "not test_part"],
            "AAA-03 is not run; its test expects part on lane K",
            id="a test is deselected",
        ),
        pytest.param(
            EXPECTED.replace(", part_on=LANES", ""),
            [],
            "AAA-03 is part; its test expects passed on lane K",
            id="a test shows less than its mark says",
        ),
        pytest.param(
            EXPECTED.replace('record.limit("a part")', "pass"),
            [],
            "AAA-03 is passed; its test expects part on lane K",
            id="a test shows more than its mark says",
        ),
    ],
)
def test_an_unexpected_verdict_fails_a_strict_run_and_no_other(
    named_site: list[str], tmp_path: Path, tests: str, words: list[str], unexpected: str
) -> None:
    done = run(tmp_path, *named_site, "--strict-verdicts", *words, tests=tests)
    assert done.returncode == 1, done.stdout + done.stderr
    assert unexpected in done.stdout
    assert "Traceback" not in done.stdout
    assert run(tmp_path, *named_site, *words, tests=tests).returncode == 0
