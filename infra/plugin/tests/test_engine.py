"""The plugin under Pulumi's real engine: `pulumi up`, with machines that are this one."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import toolchain

pytestmark = pytest.mark.engine

PROGRAM = Path(__file__).parent / "engine"
DEADLINE_S = 120.0
ENDING_S = 5.0


class Stack:
    """A stack in a folder of its own, and the engine to bring it up and down."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.log = top / "log"
        self.program = shutil.copytree(PROGRAM, top / "program")  # the engine writes a file there
        programs = top / "bin"
        for folder in (programs, top / "state"):
            folder.mkdir()
        (programs / "pulumi").symlink_to(toolchain.path("pulumi"))
        self._start(programs / "pulumi-resource-site", str(self.program / "plugin.py"))
        self._start(programs / "pulumi-language-python", "-m", "toolchain.language_host")
        self.environment = {
            **os.environ,
            "PATH": f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "ENGINE_TEST": str(top),
            "PULUMI_HOME": str(top / "home"),
            "PULUMI_BACKEND_URL": f"file://{top}/state",
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PYTHONPATH": str(Path(toolchain.__file__).resolve().parents[1]),
        }
        self.pulumi("stack", "init", "test")

    @staticmethod
    def _start(program: Path, *arguments: str) -> None:
        command = shlex.join([sys.executable, *arguments])
        program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        program.chmod(0o755)

    def wants(self, **members: dict[str, Any]) -> None:
        """Say what the program asks for."""
        (self.top / "members.json").write_text(json.dumps(members))

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Start a command of Pulumi's."""
        return subprocess.Popen(
            ["pulumi", *words, "--non-interactive", "--cwd", self.program],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment,
        )

    def pulumi(self, *words: str, fails: bool = False) -> str:
        """Run a command of Pulumi's to its end."""
        with self.begin(*words) as running:
            said, _ = running.communicate(timeout=DEADLINE_S)
        assert bool(running.returncode) is fails, said
        return said

    def up(self, *, fails: bool = False) -> str:
        """Bring it up."""
        return self.pulumi("up", "--yes", "--stack", "test", fails=fails)

    def happened(self) -> list[str]:
        """What the machines said since somebody last looked."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [line.strip() for line in lines]

    def left_running(self) -> list[str]:
        """Command lines of living processes that belong to this stack."""
        mark = f"ENGINE_TEST={self.top}".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    found.append((process / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue  # it has ended meanwhile
        return found


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(tmp_path)


def test_members_join_change_in_place_and_leave_before_what_they_need(stack: Stack) -> None:
    stack.wants(w1={}, w2={})
    stack.up()
    assert stack.happened() == ["begin w1", "join w1", "begin w2", "join w2"]
    assert json.loads(stack.pulumi("stack", "output", "--json", "--stack", "test")) == {
        "w1": "10.93.1.0/24",
        "w2": "10.93.1.0/24",
    }

    stack.pulumi("preview", "--expect-no-changes", "--stack", "test")
    stack.up()
    assert stack.happened() == []

    stack.wants(w1={"labels": "fast"}, w2={})
    stack.up()
    assert stack.happened() == ["begin w1", "join w1 fast"]

    stack.wants(w1={"labels": "fast"}, w2={"server": "77aa"})
    stack.up()
    assert stack.happened() == ["leave w2 120", "begin w2", "join w2"]

    stack.pulumi("destroy", "--yes", "--stack", "test")
    assert stack.happened() == ["leave w2 120", "leave w1 120"]


def test_a_port_follows_the_range_of_its_member_and_a_refresh_sees_what_others_did(
    stack: Stack,
) -> None:
    stack.wants(w1={"port": True})
    stack.up()
    assert stack.happened() == ["begin w1", "join w1", "pass w1 10.93.1.0/24"]
    stack.pulumi("preview", "--expect-no-changes", "--stack", "test")

    (stack.top / "range").write_text("10.93.2.0/24")  # the next that joins gets another one
    stack.wants(w1={"port": True, "server": "77aa"})
    stack.up()
    assert stack.happened() == [
        "leave w1 120",
        "begin w1",
        "join w1",
        "pass w1 10.93.2.0/24",
    ]

    (stack.top / "port-w1").write_text("10.93.0.0/16")
    stack.pulumi("refresh", "--yes", "--stack", "test")
    stack.up()
    assert stack.happened() == ["pass w1 10.93.2.0/24"]

    stack.wants()
    stack.up()
    assert stack.happened() == ["leave w1 120"]  # whoever is there keeps the network meanwhile


def test_a_failing_task_is_one_sentence_and_the_next_up_completes_the_member(stack: Stack) -> None:
    stack.wants(w1={"broken": True})
    said = stack.up(fails=True)
    assert "w1: Break: no such device. Mend it and type `pulumi up` again." in said
    assert "Traceback" not in said
    assert "Unexpected" not in said

    stack.wants(w1={})
    stack.up()
    assert stack.happened() == ["begin w1", "begin w1", "join w1"]


def stopped(stack: Stack, signum: signal.Signals) -> None:
    """Begin a join that takes long, send the engine a signal, and see everything end."""
    stack.wants(w1={"slow": True})
    with stack.begin("up", "--yes", "--stack", "test") as running:
        deadline = time.monotonic() + DEADLINE_S
        while not stack.log.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert any("ansible-playbook" in line for line in stack.left_running())
        running.send_signal(signum)
        running.communicate(timeout=DEADLINE_S)
    assert running.returncode
    deadline = time.monotonic() + ENDING_S
    while stack.left_running() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert stack.left_running() == []


def test_after_ctrl_c_nothing_runs_and_the_next_up_completes(stack: Stack) -> None:
    stopped(stack, signal.SIGINT)
    stack.wants(w1={})
    stack.up()
    assert stack.happened()[-1] == "join w1"


def test_nothing_outlives_an_engine_that_is_killed(stack: Stack) -> None:
    stopped(stack, signal.SIGKILL)
    assert "pulumi cancel" in stack.up(fails=True)
    stack.pulumi("cancel", "--yes", "test")
    stack.wants(w1={})
    stack.up()
    assert stack.happened()[-1] == "join w1"


def test_a_plugin_whose_engine_is_gone_before_it_serves_ends_by_itself(stack: Stack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as engine:
        gone = f"127.0.0.1:{engine.getsockname()[1]}"
    done = subprocess.run(
        ["pulumi-resource-site", gone],
        env=stack.environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
