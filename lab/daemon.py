"""Daemon: a background process of a lab, identified by its process id and start time.

Each daemon has a control group of its own. A daemon that a killed command started but did not
record is found there, and is ended before a new one starts.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.errors import ForegroundError
from lab import cgroups
from lab.namespaces import NAMESPACES, entered
from lab.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lab.instance import LabInstance

__all__ = ["Daemon", "names", "since"]

END_S = 10.0
TAIL = 1500
LOG_LIMIT = 32 << 20
INHERITED = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ", "XDG_CACHE_HOME")
"""Environment variables that a daemon inherits; proxies and cloud names of the caller are not."""


@dataclass(frozen=True)
class Daemon:
    """One daemon of a lab. Without a command it can be inspected and stopped, but not started."""

    instance: LabInstance
    name: str
    command: Sequence[str | Path] = ()
    settings: str = ""
    """Text of all settings; a running daemon is restarted when it changes."""
    environment: Mapping[str, str] = field(default_factory=dict)
    inside: bool = True
    """Whether it runs in the site's network namespace; otherwise in the host's."""

    @property
    def log(self) -> Path:
        """File of its output, in the site's state."""
        return self.instance.state / "logs" / f"{self.name}.log"

    @property
    def record(self) -> Path:
        """File with its process id and start time; removed with the lab."""
        return self.instance.run / "daemons" / f"{self.name}.json"

    @property
    def group(self) -> str:
        """Its control group."""
        return f"{self.instance.cgroup}/services/{self.name}"

    def start(self) -> bool:
        """Start it unless it runs with these settings; return whether it was started."""
        if self.runs():
            return False
        self.stop()
        for folder in (self.log.parent, self.record.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.rename(self.log.with_suffix(".log.1"))
        cgroups.make(self.group)
        pid = self._spawn()
        facts = {"pid": pid, "began": _began(pid), "settings": self._digest()}
        aside = self.record.with_suffix(".part")
        aside.write_text(json.dumps(facts))
        aside.rename(self.record)
        return True

    def runs(self) -> bool:
        """Return whether it runs with these settings."""
        running = self.process()
        return running is not None and self._recorded()["settings"] == self._digest()

    def process(self) -> int | None:
        """Return its process id; None if it has ended, or if another process has the id now."""
        try:
            facts = self._recorded()
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        pid: int = facts["pid"]
        began = _began(pid)
        return pid if began is not None and began == facts["began"] else None

    def ready(self, answers: Callable[[], object], seconds: float) -> None:
        """Return when it answers.

        Raises:
            ForegroundError: It ended or did not answer in time; the error names its log.
        """
        deadline = time.monotonic() + seconds

        def settled() -> bool:
            return bool(answers()) or not self.process() or time.monotonic() > deadline

        until(settled, f"{self.name} answers", seconds + END_S)
        if not self.process():
            raise self._error(f"{self.name} has ended")
        if time.monotonic() > deadline:
            raise self._error(f"{self.name} does not answer after {seconds:.0f} s")

    def stop(self, patience: float = END_S) -> None:
        """End it and all processes that it started: SIGTERM first, then SIGKILL."""
        pid = self.process()
        if pid:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            with suppress(ForegroundError):
                until(lambda: not self.process(), f"{self.name} ends", patience)
        if cgroups.exists(self.group):
            cgroups.clear(self.group)
        self.record.unlink(missing_ok=True)

    def _recorded(self) -> dict[str, Any]:
        recorded: dict[str, Any] = json.loads(self.record.read_text())
        return recorded

    def _digest(self) -> str:
        words = [*map(str, self.command), *map(str, self.environment.items()), self.settings]
        return hashlib.sha256("\0".join(words).encode()).hexdigest()

    def _spawn(self) -> int:
        where = entered(NAMESPACES / self.instance.netns) if self.inside else nullcontext()
        environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
        command = cgroups.confined(self.group, self.command)
        append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        with where:
            return os.posix_spawn(
                command[0],
                command,
                {**environment, "PYTHONUNBUFFERED": "1", **self.environment},
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_OPEN, 1, os.fspath(self.log), append, 0o600),
                    (os.POSIX_SPAWN_DUP2, 1, 2),
                ],
                setsid=True,
            )

    def _error(self, problem: str) -> ForegroundError:
        tail = self.log.read_text(errors="replace")[-TAIL:].strip().splitlines()[-6:]
        return ForegroundError(problem, f"less {self.log}", details=tail, at=str(self.log))


def names(instance: LabInstance) -> list[str]:
    """Return the names of all daemons that were started and not stopped, crashed ones included."""
    return sorted(path.stem for path in (instance.run / "daemons").glob("*.json"))


def since(pid: int) -> float:
    """Return how many seconds ago a process started."""
    began = _began(pid)
    up = float(Path("/proc/uptime").read_text().split()[0])
    return up - int(began) / os.sysconf("SC_CLK_TCK") if began else 0.0


def _began(pid: int) -> str | None:
    """Return when a process started, in ticks since boot; None for a zombie or no process."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if after_name[0] in "ZX" else after_name[19]
