"""Script of the role `leave` that waits for sessions, run by a real shell.

kubectl is a fake with fixed output: this shows the control flow of the script, not what a cluster
responds.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import jinja2
import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "roles" / "leave" / "templates" / "sessions.sh.j2"
NO_SESSION = "wait) ;; get)"
ONE_SESSION = "wait) exit 1 ;; get) echo sessions jupyter-ada"
API_FAILS = "wait) exit 1 ;; get) echo connection refused >&2; exit 1"


def run_script(kubectl: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the script with a fake kubectl, given as the branches of a shell `case`."""
    program = folder / "kubectl"
    program.write_text(f'#!/bin/sh\ncase "$1" in {kubectl} ;; esac\n')
    program.chmod(0o755)
    script = jinja2.Template(SCRIPT.read_text()).render(
        inventory_hostname="t4-0",
        leave_kubectl=str(program),
        leave_patience=0,
        leave_session_selectors=["a=b", "c=d"],
    )
    return subprocess.run(["sh", "-s"], input=script, capture_output=True, check=False, text=True)


@pytest.mark.parametrize(
    ("kubectl", "status", "printed"),
    [(NO_SESSION, 0, ""), (ONE_SESSION, 0, "sessions/jupyter-ada\n"), (API_FAILS, 1, "")],
)
def test_remaining_sessions_are_printed_and_a_failing_api_is_an_error(
    kubectl: str, status: int, printed: str, tmp_path: Path
) -> None:
    done = run_script(kubectl, tmp_path)
    assert (done.returncode, done.stdout) == (status, printed)
