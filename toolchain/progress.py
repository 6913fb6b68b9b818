"""Progress line of long commands: what is built on this machine, what comes after it, how long.

Several commands may write to one terminal or log at the same time, as in `make up`. One of them
at a time shows the line, for the jobs of all; the others are silent.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TextIO

from toolchain import jobs
from toolchain.jobs import Job

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CLEAR", "Progress"]

CLEAR: Final = "\r\x1b[K"
"""Clears the line of a terminal."""
_LINE_EVERY: Final = 30.0
"""Seconds between two lines of a log while nothing changes."""


@dataclass
class Progress:
    """One line that is rewritten on a terminal; in a log a line at each change and now and then.

    Args:
        stream: Terminal or log.
        began: Begin of the command, by the monotonic clock.
        patience: Seconds for which a command that only waits leaves the line to the others.
    """

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    began: float = field(default_factory=time.monotonic)
    patience: float = 1.0
    _waiting: str = ""
    _silent_until: float = 0.0
    _shown: tuple[str, ...] = ()
    _shown_at: float = float("-inf")
    _turn: socket.socket | None = None

    @contextmanager
    def job(self, what: str, name: str, after: tuple[str, ...] = ()) -> Iterator[None]:
        """Show a job while this context lasts: see jobs.Job for the arguments."""
        with jobs.published(Job(what, name, after)):
            self.tick()
            try:
                yield
            finally:
                self._clear()

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Show the jobs of other commands, for which `what` has to wait, in this context."""
        self._waiting, self._silent_until = what, time.monotonic() + self.patience
        self.tick()
        try:
            yield
        finally:
            self._waiting, self._silent_until = "", 0.0
            self._clear()

    def tick(self) -> None:
        """Show the line again if it is time to; call it at least once a second."""
        now = time.monotonic()
        if now < self._silent_until or not self._has_turn():
            return
        found = jobs.running()
        if not (found or self._waiting):
            return
        state = (*(job.what for job in found), self._waiting)
        if self.stream.isatty() or state != self._shown or now - self._shown_at >= _LINE_EVERY:
            self._shown, self._shown_at = state, now
            words = "; ".join(map(jobs.sentence, found))
            if self._waiting:
                words = f"{words or 'another command builds'}; {self._waiting} waits for it"
            self._write(words)

    def done(self, what: str) -> None:
        """Write a line that stays."""
        self._write(what, stays=True)

    def close(self) -> None:
        """Leave the line to other commands."""
        if self._turn:
            self._turn.close()
            self._turn = None

    def _clear(self) -> None:
        if self.stream.isatty() and self._turn:
            self.stream.write(CLEAR)
            self.stream.flush()

    def _has_turn(self) -> bool:
        """Whether this command shows the line of its stream; taken if no other has it.

        An abstract socket serves as the lock: its name is free again when a process ends, however
        it ends, and threads exclude each other too.
        """
        if self._turn:
            return True
        try:
            of = os.fstat(self.stream.fileno())
        except OSError:  # a stream of this process alone, as in tests
            return True
        turn = socket.socket(socket.AF_UNIX)
        try:
            turn.bind(f"\0foreground-progress-{os.getuid()}-{of.st_dev}-{of.st_ino}")
        except OSError:
            turn.close()
            return False
        self._turn = turn
        return True

    def _write(self, words: str, *, stays: bool = False) -> None:
        line = f"[{time.monotonic() - self.began:4.0f} s] {words}"
        if self.stream.isatty():
            width = shutil.get_terminal_size().columns - 1
            # the cursor goes back to the left, for a line of another program that clears this one
            self.stream.write(f"{CLEAR}{line[:width]}" + ("\n" if stays else "\r"))
        else:
            self.stream.write(f"{line}\n")
        with suppress(BrokenPipeError):
            self.stream.flush()
