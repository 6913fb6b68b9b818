"""`make up` with stubs of its programs: if a stage fails, the evidence is the last line."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).resolve().parent.parent / "Makefile"
EVIDENCE = "what may explain it: /somewhere/evidence"
PROGRAM = """#!/bin/sh
echo "$0 $*" >> said
case "$*" in *"lab evidence"*) echo "%s"; exit ;; esac
case "$*" in *"$BREAKS"*) eval "$HOW" ;; esac
"""
DEADLINE_S = 20.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkout in which every program only logs its arguments."""
    programs = tmp_path / ".venv" / "bin"
    for file in (programs / "python", programs / "pulumi", tmp_path / "toolchain/bootstrap.sh"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(PROGRAM % EVIDENCE)
        file.chmod(0o755)
    (tmp_path / "activate").write_text("true\n")
    return tmp_path


def begun(folder: Path, breaks: str, how: str) -> subprocess.Popen[str]:
    """Start `make up`, in which one program fails or waits."""
    return subprocess.Popen(
        ["make", "--file", MAKEFILE, "--no-print-directory", "up", "SITE=here"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "BREAKS": breaks, "HOW": how},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize(
    "stage", ["lab up here", "toolchain build", "infra.recovery here", "up --yes", "lab welcome"]
)
def test_a_failed_stage_gives_its_status_and_the_evidence_as_last_line(
    stage: str, folder: Path
) -> None:
    with begun(folder, stage, "exit 7") as run:
        out, err = run.communicate(timeout=DEADLINE_S)
    assert run.returncode == 2
    assert "Error 7" in err  # make's message with the status
    assert out.splitlines()[-1] == EVIDENCE


def test_a_successful_run_gathers_no_evidence(folder: Path) -> None:
    with begun(folder, "nothing", "exit 7") as run:
        out, _ = run.communicate(timeout=DEADLINE_S)
    assert run.returncode == 0
    assert EVIDENCE not in out
    assert "lab welcome here" in (folder / "said").read_text()


@pytest.mark.parametrize(
    "how",
    [
        "touch waiting; exec sleep 60",
        "trap 'exit 1' INT; touch waiting; while :; do sleep 0.1; done",
    ],
)
def test_ctrl_c_gathers_no_evidence_however_a_program_ends(how: str, folder: Path) -> None:
    with begun(folder, "up --yes", how) as run:
        deadline = time.monotonic() + DEADLINE_S
        while not (folder / "waiting").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        os.killpg(run.pid, signal.SIGINT)
        out, _ = run.communicate(timeout=DEADLINE_S)
    assert run.returncode
    assert EVIDENCE not in out
    assert "lab evidence" not in (folder / "said").read_text()
