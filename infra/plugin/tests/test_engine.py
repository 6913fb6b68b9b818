"""The plugin with Pulumi's real engine: `pulumi up`, where every machine is this one."""

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
    """A stack in its own folder, with an engine of its own."""

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

    def register(self, **members: dict[str, Any]) -> None:
        """Set the members that the program registers."""
        (self.top / "members.json").write_text(json.dumps(members))

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Start a pulumi command."""
        return subprocess.Popen(
            ["pulumi", *words, "--non-interactive", "--cwd", self.program],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment,
        )

    def pulumi(self, *words: str, fails: bool = False) -> str:
        """Run a pulumi command to its end; return its output."""
        with self.begin(*words) as running:
            output, _ = running.communicate(timeout=DEADLINE_S)
        assert bool(running.returncode) is fails, output
        return output

    def up(self, *, fails: bool = False) -> str:
        """Run `pulumi up`."""
        return self.pulumi("up", "--yes", "--stack", "test", fails=fails)

    def new_lines(self) -> list[str]:
        """Return the new lines in the log of the playbooks and ports."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [line.strip() for line in lines]

    def left_running(self) -> list[str]:
        """Return the command lines of living processes that belong to this stack."""
        mark = f"ENGINE_TEST={self.top}".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    found.append((process / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue  # it has ended by now
        return found


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(tmp_path)


def test_members_join_are_updated_in_place_and_leave_before_what_they_need(stack: Stack) -> None:
    stack.register(w1={}, w2={})
    stack.up()
    assert stack.new_lines() == ["begin w1", "join w1", "begin w2", "join w2"]
    assert json.loads(stack.pulumi("stack", "output", "--json", "--stack", "test")) == {
        "w1": "10.93.1.0/24",
        "w2": "10.93.1.0/24",
    }

    stack.pulumi("preview", "--expect-no-changes", "--stack", "test")
    stack.up()
    assert stack.new_lines() == []

    stack.register(w1={"labels": "fast"}, w2={})
    stack.up()
    assert stack.new_lines() == ["begin w1", "join w1 fast"]

    stack.register(w1={"labels": "fast"}, w2={"server": "77aa"})
    stack.up()
    assert stack.new_lines() == ["leave w2 120", "begin w2", "join w2"]

    stack.pulumi("destroy", "--yes", "--stack", "test")
    assert stack.new_lines() == ["leave w2 120", "leave w1 120"]


def test_a_port_follows_the_range_of_its_member_and_a_refresh_sees_changes_by_others(
    stack: Stack,
) -> None:
    stack.register(w1={"port": True})
    stack.up()
    assert stack.new_lines() == ["begin w1", "join w1", "allow w1 10.93.1.0/24"]
    stack.pulumi("preview", "--expect-no-changes", "--stack", "test")

    (stack.top / "range").write_text(
        "10.93.2.0/24"
    )  # the next member that joins gets another range
    stack.register(w1={"port": True, "server": "77aa"})
    stack.up()
    assert stack.new_lines() == [
        "leave w1 120",
        "begin w1",
        "join w1",
        "allow w1 10.93.2.0/24",
    ]

    (stack.top / "port-w1").write_text("10.93.0.0/16")
    stack.pulumi("refresh", "--yes", "--stack", "test")
    stack.up()
    assert stack.new_lines() == ["allow w1 10.93.2.0/24"]

    stack.register()
    stack.up()
    assert stack.new_lines() == ["leave w1 120"]  # sessions keep their network until it left


def test_a_failed_task_is_one_sentence_and_the_next_up_completes_the_member(stack: Stack) -> None:
    stack.register(w1={"broken": True})
    output = stack.up(fails=True)
    assert "w1: Break: no such device. Fix the cause and type `pulumi up` again." in output
    assert "Traceback" not in output
    assert "Unexpected" not in output

    stack.register(w1={})
    stack.up()
    assert stack.new_lines() == ["begin w1", "begin w1", "join w1"]


def stop_slow_join(stack: Stack, signum: signal.Signals) -> None:
    """Begin a slow join, send the engine a signal, and wait until every process has ended."""
    stack.register(w1={"slow": True})
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


def test_after_ctrl_c_no_process_runs_and_the_next_up_completes(stack: Stack) -> None:
    stop_slow_join(stack, signal.SIGINT)
    stack.register(w1={})
    stack.up()
    assert stack.new_lines()[-1] == "join w1"


def test_no_process_outlives_an_engine_that_is_killed(stack: Stack) -> None:
    stop_slow_join(stack, signal.SIGKILL)
    assert "pulumi cancel" in stack.up(fails=True)
    stack.pulumi("cancel", "--yes", "test")
    stack.register(w1={})
    stack.up()
    assert stack.new_lines()[-1] == "join w1"


def test_a_plugin_whose_engine_ended_before_it_serves_ends_by_itself(stack: Stack) -> None:
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
