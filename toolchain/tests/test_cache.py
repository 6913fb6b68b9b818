from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import pytest

from infra.errors import ForegroundError
from toolchain import jobs
from toolchain.cache import Cache
from toolchain.program import Program
from toolchain.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from toolchain.source import Tick


@dataclass(frozen=True)
class Script:
    """A source of shell scripts, or of a failure."""

    text: str = "#!/bin/sh\necho one\n"
    failure: type[BaseException] | None = None
    code: int = 0

    def key(self) -> str:
        """See Source."""
        return self.text

    def provide(self, name: str, folder: Path, tick: Tick) -> None:
        """See Source."""
        (folder / name).write_text(self.text)
        tick()
        if self.failure:
            raise self.failure(self.code, "as asked")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cache:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Cache(tmp_path / "programs")


@pytest.fixture
def said() -> io.StringIO:
    return io.StringIO()


def program(name: str = "one", **source: object) -> Program:
    return Program(name, "1.0", Script(**source))  # type: ignore[arg-type]


def test_missing_programs_are_built_in_order_and_can_be_run(
    cache: Cache, said: io.StringIO
) -> None:
    found = cache.ensure([program("two"), program("one")], Progress(said))
    lines = [line.partition("] ")[2] for line in said.getvalue().splitlines()]
    assert lines[0] == "building two 1.0, 1 more after it"
    assert lines[-2] == "building one 1.0"
    assert subprocess.check_output([found["one"]]) == b"one\n"
    assert cache.path(program()) == found["one"]


def test_a_program_that_is_built_is_not_built_again(cache: Cache, said: io.StringIO) -> None:
    before = cache.ensure([program()])["one"].stat()
    after = cache.ensure([program()], Progress(said))["one"].stat()
    assert (before.st_ino, said.getvalue()) == (after.st_ino, "")


def test_another_key_is_another_program(cache: Cache) -> None:
    first = cache.ensure([program()])["one"]
    second = cache.ensure([program(text="#!/bin/sh\necho two\n")])["one"]
    assert first != second
    assert first.is_file()


def test_a_build_that_is_unused_for_a_month_is_removed_when_another_is_built(cache: Cache) -> None:
    first = cache.ensure([program()])["one"]
    long_ago = time.time() - 31 * 24 * 3600
    os.utime(first.parent, (long_ago, long_ago))
    cache.ensure([program(text="two")])
    assert not first.exists()


@pytest.mark.parametrize("failure", [KeyboardInterrupt, ForegroundError])
def test_a_failed_build_leaves_nothing(cache: Cache, failure: type[BaseException]) -> None:
    with pytest.raises(failure):
        cache.ensure([program(failure=failure)])
    assert [path.name for path in cache.folder.rglob("*") if path.is_file()] == ["lock"]
    with pytest.raises(ForegroundError, match=r"try: python -m toolchain build one"):
        cache.path(program())


def test_the_next_build_removes_what_a_killed_build_left(cache: Cache) -> None:
    left = cache.folder / ".new-killed"
    left.mkdir(parents=True)
    cache.ensure([program()])
    assert not left.exists()


def test_a_full_disk_is_named_in_the_error(cache: Cache) -> None:
    with pytest.raises(ForegroundError, match=r"the disk of .* is full"):
        cache.ensure([program(failure=OSError, code=errno.ENOSPC)])


def test_a_full_disk_is_named_although_the_job_cannot_be_published(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(jobs, "published", full)
    with pytest.raises(ForegroundError, match=r"the disk of .* is full"):
        cache.ensure([program()])


@contextmanager
def held(lock: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that holds the lock until its standard input ends."""
    lock.parent.mkdir()
    hold = (
        "import fcntl, sys; lock = open(sys.argv[1], 'w'); fcntl.flock(lock, fcntl.LOCK_EX);"
        "print(flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", hold, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        other.stdout.readline()
        yield other


def test_a_second_command_waits_only_until_the_first_has_built_the_program(
    cache: Cache, said: io.StringIO
) -> None:
    place = cache.place(program())
    with held(cache.folder / "lock") as other:

        class Watched(Progress):
            def tick(self) -> None:
                """Play the other command, which builds the program, and builds others after it."""
                super().tick()
                place.parent.mkdir(parents=True)
                place.write_text("built by the other")

        cache.ensure([program()], Watched(said, patience=0))
        assert other.poll() is None  # it still holds the lock
        other.communicate()
    assert place.read_text() == "built by the other"
    assert "another command builds; one 1.0 waits for it" in said.getvalue()


def test_a_second_command_builds_when_the_first_ended_without_the_program(
    cache: Cache, said: io.StringIO
) -> None:
    with held(cache.folder / "lock") as other:

        class Watched(Progress):
            def tick(self) -> None:
                """Let the other command end."""
                super().tick()
                if other.returncode is None:
                    other.communicate()

        cache.ensure([program()], Watched(said, patience=0))
    assert subprocess.check_output([cache.path(program())]) == b"one\n"
