from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

import toolchain
from toolchain.language_host.official import NAME, official

if TYPE_CHECKING:
    from collections.abc import Callable

Found = TypeVar("Found")

PROGRAM = """\
import os, time
import pulumi
from infra.errors import ForegroundError
from part import Part

Part("one")
kind = pulumi.Config().get("kind")
if kind == "bug":
    raise ValueError("boom")
if kind == "refused":
    raise ForegroundError("there is no flavor c9", "name one of: c2.small, c2.large")
if kind == "refused late":
    def late(_):
        raise ForegroundError("there is no flavor c9", "name one of: c2.small, c2.large")
    pulumi.Output.from_input(1).apply(late)
if kind.startswith("hang "):
    with open(kind[5:], "w") as file:
        file.write(str(os.getpid()))
    time.sleep(600)
pulumi.export("answer", 42)
"""
PART = """\
import pulumi

class Part(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("probe:index:Part", name)
        self.register_outputs({})
"""


@dataclass(frozen=True)
class Engine:
    """Pulumi's command line on one program, with its state in a folder."""

    program: Path
    environment: dict[str, str]

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Start a command."""
        return subprocess.Popen(
            ["pulumi", *words, "--non-interactive"],
            cwd=self.program,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *words: str, fails: bool = False) -> str:
        """Run a command to its end."""
        with self.begin(*words) as running:
            said, _ = running.communicate(timeout=60)
        assert bool(running.returncode) == fails, said
        return said

    def up(self, kind: str = "", *, fails: bool = False) -> str:
        """`pulumi up` of the program, which does what this word says."""
        self.run("config", "set", "kind", kind)
        return self.run("up", "--yes", "--skip-preview", fails=fails)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """An engine, the program and a stack `test`, as `activate` sets them up."""
    top = tmp_path_factory.mktemp("engine")
    program, state = top / "program", top / "state"
    (program / "stacks").mkdir(parents=True)
    state.mkdir()
    (program / "Pulumi.yaml").write_text("name: probe\nruntime: python\nmain: stacks/\n")
    (program / "stacks" / "__main__.py").write_text(PROGRAM)
    (program / "stacks" / "part.py").write_text(PART)
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")}
    environment = ours | {
        "PATH": f"{toolchain.pulumi_home(top / 'home')}:{os.environ['PATH']}",
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_HOME": str(top / "home"),
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    made = Engine(program, environment)
    made.run("stack", "init", "test")
    return made


@pytest.mark.engine
def test_a_component_comes_and_goes(engine: Engine) -> None:
    said = engine.up()
    assert "+ 2 created" in said
    assert "warning" not in said
    assert "2 unchanged" in engine.up()
    assert engine.run("stack", "output", "answer").strip() == "42"
    assert "- 2 deleted" in engine.run("destroy", "--yes", "--skip-preview")


@pytest.mark.engine
@pytest.mark.parametrize("kind", ["refused", "refused late"])
def test_a_refusal_is_its_sentence_and_nothing_else(engine: Engine, kind: str) -> None:
    said = engine.up(kind, fails=True)
    assert "error: there is no flavor c9\n" in said
    assert "try: name one of: c2.small, c2.large\n" in said
    assert "Traceback" not in said


@pytest.mark.engine
def test_a_bug_shows_the_lines_of_the_program_only(engine: Engine) -> None:
    said = engine.up("bug", fails=True)
    assert 'stacks/__main__.py", line 9' in said
    assert "ValueError: boom" in said
    assert "language_host" not in said
    assert "runpy" not in said


@pytest.mark.engine
def test_ctrl_c_ends_program_and_host_and_the_next_up_goes_on(
    engine: Engine, tmp_path: Path
) -> None:
    mark = tmp_path / "host"
    engine.run("config", "set", "kind", f"hang {mark}")
    with engine.begin("up", "--yes", "--skip-preview") as running:
        host = until(lambda: mark.is_file() and int(mark.read_text() or 0))
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=20)
    assert running.returncode
    until(lambda: not Path("/proc", str(host)).exists())
    assert "2 " in engine.up()


@pytest.mark.engine
def test_the_host_ends_with_a_killed_engine(engine: Engine, tmp_path: Path) -> None:
    mark = tmp_path / "host"
    engine.run("config", "set", "kind", f"hang {mark}")
    with engine.begin("up", "--yes", "--skip-preview") as running:
        host = until(lambda: mark.is_file() and int(mark.read_text() or 0))
        running.kill()
    until(lambda: not Path("/proc", str(host)).exists())
    engine.run("cancel", "--yes")
    assert "2 " in engine.up()


def test_a_host_that_is_a_compiled_program_is_used_instead(tmp_path: Path) -> None:
    (tmp_path / NAME).symlink_to("/bin/echo")
    said = subprocess.run(
        [sys.executable, "-m", "toolchain.language_host", "127.0.0.1:1"],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        check=True,
        text=True,
        timeout=30,
    )
    assert said.stdout == "127.0.0.1:1\n"


def test_our_own_host_on_path_is_not_the_official_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / NAME).write_text("#!/usr/bin/python3\n")
    (tmp_path / NAME).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert official() is None


def until(found: Callable[[], Found], seconds: float = 20) -> Found:
    """What is found, once it is, at most so many seconds later."""
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return value
