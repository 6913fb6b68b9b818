from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

import toolchain
from toolchain.programs import PROGRAMS

if TYPE_CHECKING:
    from pathlib import Path


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "toolchain", *words],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )


def test_list_shows_each_program_in_the_order_of_building() -> None:
    done = command("list")
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == list(PROGRAMS)


def test_an_unknown_name_is_an_error_with_a_hint() -> None:
    done = command("build", "kubbe")
    assert done.returncode == 1
    assert done.stderr == "error: there is no program 'kubbe'\n  try: python -m toolchain list\n"


def test_a_program_that_is_not_built_is_an_error_with_a_hint(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
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
