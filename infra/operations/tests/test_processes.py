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
    """The process id in a file, once there is one."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        if file.exists() and file.read_text().endswith("\n"):
            return int(file.read_text())
        time.sleep(0.02)
    raise AssertionError(f"nobody wrote {file}")


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_end_reaches_a_grandchild_that_made_its_own_session(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    child = subprocess.Popen(["sh", "-c", OWN_SESSION.format(file=file)])
    grandchild = written(file)
    assert os.getsid(grandchild) != os.getsid(0)
    processes.end(child.pid)
    assert not lives(grandchild)
    child.kill()
    child.wait()


def test_a_daemon_whose_parent_ended_is_still_found_by_who_adopts_orphans(tmp_path: Path) -> None:
    program = (
        "import os, subprocess, sys\n"
        "from infra.operations import processes\n"
        "processes.adopt_orphans()\n"
        "subprocess.run(['sh', '-c', 'setsid sleep 600 & echo $! > ' + sys.argv[1]])\n"
        "processes.end(os.getpid())\n"
    )
    subprocess.run([sys.executable, "-c", program, tmp_path / "pid"], check=True, timeout=20)
    assert not lives(written(tmp_path / "pid"))


def test_a_program_is_told_how_it_ended_and_its_last_words() -> None:
    ended = asyncio.run(
        processes.run("sh", "-c", "cat; echo well >&2; echo no >&2; exit 3", data="x")
    )
    assert (ended.status, ended.out, ended.last_words) == (3, "x", "no")


def test_a_program_dies_with_all_below_it_when_its_caller_is_cancelled(tmp_path: Path) -> None:
    file = tmp_path / "pid"

    async def cancelled() -> None:
        task = asyncio.ensure_future(processes.run("sh", "-c", OWN_SESSION.format(file=file)))
        await asyncio.to_thread(written, file)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()

    asyncio.run(cancelled())
    assert not lives(written(file))


def test_a_child_ends_with_its_parent_however_that_ends(tmp_path: Path) -> None:
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
