from __future__ import annotations

import io
import os
import subprocess
import sys
import time

import pytest

import toolchain
from toolchain.programs import PROGRAMS
from toolchain.progress import Progress


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "toolchain", *words],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )


def test_list_says_where_each_program_is_in_the_order_of_building() -> None:
    done = command("list")
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == list(PROGRAMS)


def test_an_unknown_name_is_an_error_with_a_hint() -> None:
    done = command("build", "kubbe")
    assert done.returncode == 1
    assert done.stderr == "error: there is no program 'kubbe'\n  try: python -m toolchain list\n"


def test_what_is_not_built_is_an_error_with_a_hint(
    monkeypatch: pytest.MonkeyPatch, tmp_path: os.PathLike[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(Exception, match=r"etcd .* is not built yet\n  try: python -m toolchain"):
        toolchain.path("etcd")


@pytest.mark.engine
def test_a_second_run_takes_less_than_two_seconds() -> None:
    assert command("build").returncode == 0
    began = time.monotonic()
    done = command("build")
    assert (done.returncode, done.stderr) == (0, "")
    assert time.monotonic() - began < 2


@pytest.mark.engine
@pytest.mark.parametrize(
    ("program", "words", "said"),
    [
        ("pulumi", "version", "v3.259.0"),
        ("kube", "kubelet --version", "Kubernetes v1.36.4"),
        ("containerd", "--version", "v2.3.4"),
        ("ctr", "--version", "v2.3.4"),
        ("containerd-shim-runc-v2", "-v", "v2.3.4"),
        ("coredns", "-version", "1.14.6"),
        ("etcd", "--version", "3.6.14"),
        ("etcdctl", "version", "3.6.14"),
        ("kubectl", "version --client", "v1.36.4"),
        ("registry", "--version", "3.0.0"),
    ],
)
def test_each_program_runs_and_knows_its_version(program: str, words: str, said: str) -> None:
    place = toolchain.path(program)
    done = subprocess.run(
        [place, *words.split()], capture_output=True, check=True, text=True, timeout=60
    )
    assert said in done.stdout + done.stderr


def test_where_a_line_cannot_be_written_over_there_is_one_now_and_then() -> None:
    said = io.StringIO()
    progress = Progress(said)
    progress.begin("building etcd", 2)
    for _ in range(5):
        progress.tick()
    assert said.getvalue() == "[   0 s] building etcd, 2 more after it\n"


def test_on_a_terminal_the_line_is_written_over() -> None:
    controller, terminal = os.openpty()
    with open(controller, "rb", buffering=0) as seen, open(terminal, "w") as stream:  # noqa: PTH123
        progress = Progress(stream)
        progress.begin("building etcd", 0)
        first = seen.read(200).decode()
        progress.tick()
        said = first + seen.read(200).decode()
    assert said.count("\r\x1b[K[") == 2
    assert "\n" not in said
