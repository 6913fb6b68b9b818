"""Child processes: how they end, and that no descendant is left."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

from infra.operations import processes

OWN_SESSION = "setsid sh -c 'echo $$ > {file}; exec sleep 600' & wait"
DEADLINE_S = 10.0


def written(file: Path) -> int:
    """Return the process id in a file, as soon as it is written."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        if file.exists() and file.read_text().endswith("\n"):
            return int(file.read_text())
        time.sleep(0.02)
    raise AssertionError(f"no process wrote {file}")


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_end_kills_a_grandchild_with_its_own_session(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    child = subprocess.Popen(["sh", "-c", OWN_SESSION.format(file=file)])
    grandchild = written(file)
    assert os.getsid(grandchild) != os.getsid(0)
    processes.end(child.pid)
    assert not lives(grandchild)
    child.kill()
    child.wait()


def test_a_daemon_whose_parent_ended_is_found_after_adopt_orphans(tmp_path: Path) -> None:
    program = (
        "import os, subprocess, sys\n"
        "from infra.operations import processes\n"
        "processes.adopt_orphans()\n"
        "subprocess.run(['sh', '-c', 'setsid sleep 600 & echo $! > ' + sys.argv[1]])\n"
        "processes.end(os.getpid())\n"
    )
    subprocess.run([sys.executable, "-c", program, tmp_path / "pid"], check=True, timeout=20)
    assert not lives(written(tmp_path / "pid"))


def test_run_returns_exit_status_output_and_the_last_line_of_errors() -> None:
    result = asyncio.run(
        processes.run("sh", "-c", "cat; echo well >&2; echo no >&2; exit 3", data="x")
    )
    assert (result.status, result.out, result.last_line) == (3, "x", "no")


def test_a_cancelled_run_kills_the_program_and_its_descendants(tmp_path: Path) -> None:
    file = tmp_path / "pid"

    async def cancelled() -> None:
        task = asyncio.ensure_future(processes.run("sh", "-c", OWN_SESSION.format(file=file)))
        await asyncio.to_thread(written, file)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()

    asyncio.run(cancelled())
    assert not lives(written(file))


def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    child = (
        "import os, pathlib, sys, time\n"
        "from infra.operations.processes import end_with_parent\n"
        "end_with_parent()\n"
        "pathlib.Path(sys.argv[1]).write_text(f'{os.getpid()}\\n')\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen(
        [
            *(sys.executable, "-c", "import subprocess, sys; subprocess.run(sys.argv[1:])"),
            *(sys.executable, "-c", child, str(tmp_path / "pid")),
        ]
    )
    pid = written(tmp_path / "pid")
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + DEADLINE_S
    while lives(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not lives(pid)
