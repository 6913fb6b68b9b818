"""Jobs that run on this machine now, published in the cache, so that any command can show them.

A job is one thing that takes long to make: a program, an image. Its file is locked as long as the
job runs, so the file of a killed process does not count.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import IO, TYPE_CHECKING, Any

from toolchain import folders

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Job", "locked", "published", "running", "sentence"]

_SHORT = 90.0
"""Seconds up to which an estimate is told in seconds."""


@dataclass(frozen=True)
class Job:
    """One thing that is being made.

    Args:
        what: What is done, as a person reads it: "building etcd 3.6.14".
        name: Name under which its duration is stored.
        after: Names of the jobs that the same command does next.
        began: Time of its begin, in seconds since 1970.
    """

    what: str
    name: str
    after: tuple[str, ...] = ()
    began: float = field(default_factory=time.time)


@contextmanager
def published(job: Job) -> Iterator[None]:
    """Show the job to other commands while this context lasts, then store how long it took."""
    for other in _running().glob(f"{_slug(job.name)}.*.json"):
        if not _read(other):  # of a killed process
            other.unlink(missing_ok=True)
    file = _running() / f"{_slug(job.name)}.{os.getpid()}.json"
    with file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # not locked(): a reader may have it for a moment
        json.dump(asdict(job), held)
        held.flush()
        try:
            yield
            with suppress(OSError):  # a full disk: only the estimate of the next build is lost
                _duration(job.name).write_text(f"{time.time() - job.began:.1f}\n")
        finally:
            file.unlink(missing_ok=True)


def running() -> list[Job]:
    """All jobs that run now, the oldest first."""
    found = [_read(file) for file in _running().glob("*.json")]
    return sorted((job for job in found if job), key=lambda job: job.began)


def sentence(job: Job) -> str:
    """What a person reads: the job, its time so far, and what is left as far as it is known."""
    elapsed = time.time() - job.began
    usual = [_usual(name) for name in (job.name, *job.after)]
    words = job.what
    if elapsed >= 1:
        words += f" for {elapsed:.0f} s"
        words += f" of about {usual[0]:.0f} s" if usual[0] and usual[0] > elapsed else ""
    if job.after:
        words += f", {len(job.after)} more after it"
    known = [seconds for seconds in usual if seconds is not None]
    if len(known) == len(usual) > 1:
        words += f", about {_rounded(max(known[0] - elapsed, 0) + sum(known[1:]))} left"
    return words


def locked(file: IO[Any], how: int = fcntl.LOCK_EX) -> bool:
    """Take the lock of an open file, if nobody else has it."""
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(file: Path) -> Job | None:
    """The job of this file; None where its process has ended or is just beginning."""
    try:
        with file.open() as other:
            if locked(other, fcntl.LOCK_SH):  # shared, so that two readers see the same
                return None
            said = json.load(other)
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return Job(said["what"], said["name"], tuple(said["after"]), said["began"])


def _usual(name: str) -> float | None:
    try:
        return float(_duration(name).read_text())
    except (FileNotFoundError, ValueError):
        return None


def _running() -> Path:
    return _folder("jobs")


def _duration(name: str) -> Path:
    return _folder("durations") / _slug(name)


def _folder(name: str) -> Path:
    folder = folders.root() / name
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _slug(name: str) -> str:
    return name.replace("/", "-")


def _rounded(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < _SHORT else f"{seconds / 60:.0f} min"
