"""Progress line: one writer at a time for each terminal or log, and what the line says."""

from __future__ import annotations

import fcntl
import io
import os
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from toolchain import jobs
from toolchain.jobs import Job
from toolchain.progress import Progress

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_a_log_gets_one_line_while_nothing_changes() -> None:
    log = io.StringIO()
    progress = Progress(log)
    with progress.job("building etcd", "etcd", after=("etcdctl", "kube")):
        for _ in range(5):
            progress.tick()
    assert log.getvalue() == "[   0 s] building etcd, 2 more after it\n"


def test_a_log_gets_another_line_when_a_job_begins_and_after_half_a_minute() -> None:
    log = io.StringIO()
    progress = Progress(log)
    with progress.job("building etcd", "etcd"):
        with jobs.published(Job("building image hub", "image hub")):
            progress.tick()
        progress._shown_at -= 31
        progress.tick()
    assert [line.partition("] ")[2] for line in log.getvalue().splitlines()] == [
        "building etcd",
        "building etcd; building image hub",
        "building etcd",
    ]


def test_on_a_terminal_the_line_is_rewritten_in_place() -> None:
    controller, terminal = os.openpty()
    with (
        os.fdopen(controller, "rb", buffering=0) as seen,
        os.fdopen(terminal, "w") as stream,
        closing(Progress(stream)) as progress,
        progress.job("building etcd", "etcd"),
    ):
        first = seen.read(200).decode()
        progress.tick()
        said = first + seen.read(200).decode()
    assert said.count("\r\x1b[K[") == 2
    assert "\n" not in said


def test_of_two_commands_with_one_log_only_one_writes(tmp_path: Path) -> None:
    with (tmp_path / "log").open("a") as one, (tmp_path / "log").open("a") as other:
        builder, waiter = Progress(one), Progress(other, patience=0)
        with builder.job("building etcd", "etcd"), waiter.waiting("coredns"):
            waiter.tick()
            assert "coredns" not in (tmp_path / "log").read_text()
        builder.close()
        with waiter.waiting("coredns"), jobs.published(Job("building kube", "kube")):
            waiter.tick()
        waiter.close()
    last = (tmp_path / "log").read_text().splitlines()[-1]
    assert last.endswith("] building kube; coredns waits for it")


def test_a_waiting_command_leaves_the_line_to_a_builder_at_first() -> None:
    log = io.StringIO()
    progress = Progress(log, patience=60)
    with progress.waiting("coredns"):
        progress.tick()
        assert log.getvalue() == ""
        progress._silent_until -= 60
        progress.tick()
    assert log.getvalue().endswith("another command builds; coredns waits for it\n")


def test_the_job_of_a_killed_process_is_not_shown(tmp_path: Path) -> None:
    script = (
        "import os, time\nfrom toolchain.progress import Progress\n"
        "with Progress().job('building etcd', 'etcd'):\n    print(flush=True)\n"
        "    time.sleep(60)\n"
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as other:
        assert other.stdout
        other.stdout.readline()
        assert [job.what for job in jobs.running()] == ["building etcd"]
        other.kill()
    assert jobs.running() == []
    (file,) = (tmp_path / "cache/foreground/jobs").iterdir()
    with file.open() as reader:  # another command that looks at the same moment
        assert jobs.locked(reader, fcntl.LOCK_SH)
        assert jobs.running() == []
    with jobs.published(Job("building etcd", "etcd")):
        assert len(list((tmp_path / "cache/foreground/jobs").iterdir())) == 1


def test_the_sentence_has_the_time_so_far_and_what_is_left_by_the_last_builds() -> None:
    job = Job("building etcd 3.6", "etcd", after=("kube",), began=time.time() - 20)
    assert jobs.sentence(job) == "building etcd 3.6 for 20 s, 1 more after it"
    for name, seconds in (("etcd", 60), ("kube", 380)):
        with jobs.published(Job(name, name, began=time.time() - seconds)):
            pass
    assert jobs.sentence(job) == (
        "building etcd 3.6 for 20 s of about 60 s, 1 more after it, about 7 min left"
    )


def test_a_duration_that_cannot_be_stored_is_no_failure(tmp_path: Path) -> None:
    folder = tmp_path / "cache/foreground/durations"
    folder.mkdir(parents=True)
    (folder / "etcd").symlink_to("/dev/full")
    with jobs.published(Job("etcd", "etcd")):
        pass
    assert jobs.running() == []


def test_a_failed_job_says_nothing_of_how_long_the_next_takes() -> None:
    began = time.time() - 60
    with pytest.raises(KeyboardInterrupt), jobs.published(Job("etcd", "etcd", began=began)):
        raise KeyboardInterrupt
    assert jobs.sentence(Job("etcd", "etcd", began=time.time() - 2)) == "etcd for 2 s"


BUILD = """
import sys, time
import toolchain
from toolchain.program import Program

class Slow:
    def key(self):
        return "slow"
    def provide(self, name, folder, tick):
        end = time.monotonic() + 0.6
        while time.monotonic() < end:
            tick()
            time.sleep(0.05)
        (folder / name).write_text("built")

toolchain.build([Program(name, "1.0", Slow()) for name in sys.argv[1:]])
"""


def test_a_builder_and_two_waiting_commands_write_one_line_for_each_job(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("w") as shared:

        def begin(*names: str) -> subprocess.Popen[bytes]:
            return subprocess.Popen([sys.executable, "-c", BUILD, *names], stderr=shared)

        with begin("one", "two", "three") as builder:
            deadline = time.monotonic() + 30
            while "building one" not in log.read_text() and time.monotonic() < deadline:
                time.sleep(0.02)
            with begin("one"), begin("three"):
                builder.wait()
    lines = [line.partition("] ")[2] for line in log.read_text().splitlines()]
    assert [line.partition(",")[0] for line in lines if line.startswith("building")] == [
        "building one 1.0",
        "building two 1.0",
        "building three 1.0",
    ]
    assert [line.partition(" in ")[0] for line in lines if line.startswith("built")] == [
        "built one 1.0",
        "built two 1.0",
        "built three 1.0",
    ]
    assert len(lines) == 6
