"""A leave sees whoever works there, and does not take an API that fails for nobody."""

from __future__ import annotations

import subprocess
from pathlib import Path

import jinja2
import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "roles" / "leave" / "templates" / "sessions.sh.j2"
NOBODY = "wait) ;; get)"
SOMEBODY = "wait) exit 1 ;; get) echo sessions jupyter-ada"
ANSWERS_NOT = "wait) exit 1 ;; get) echo connection refused >&2; exit 1"


def asked(kubectl: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the script with a kubectl that answers so."""
    program = folder / "kubectl"
    program.write_text(f'#!/bin/sh\ncase "$1" in {kubectl} ;; esac\n')
    program.chmod(0o755)
    script = jinja2.Template(SCRIPT.read_text()).render(
        inventory_hostname="t4-0",
        leave_kubectl=str(program),
        leave_patience=0,
        leave_sessions=["a=b", "c=d"],
    )
    return subprocess.run(["sh", "-s"], input=script, capture_output=True, check=False, text=True)


@pytest.mark.parametrize(
    ("kubectl", "status", "said"),
    [(NOBODY, 0, ""), (SOMEBODY, 0, "sessions/jupyter-ada\n"), (ANSWERS_NOT, 1, "")],
)
def test_who_is_left_is_said_and_silence_is_not_nobody(
    kubectl: str, status: int, said: str, tmp_path: Path
) -> None:
    done = asked(kubectl, tmp_path)
    assert (done.returncode, done.stdout) == (status, said)
