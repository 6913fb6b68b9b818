"""A process that outlives the command that starts it, found again by its id and its start time.

Each has a control group of its own, so that nothing of it is ever lost: what a killed command
started and did not write down is found there, and ended before a new one starts.
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

    from lab.instance import Instance

__all__ = ["Daemon", "names", "since"]

END_S = 10.0
TAIL = 1500
LOG_LIMIT = 32 << 20
KEPT = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ", "XDG_CACHE_HOME")
"""What a daemon gets of the environment: a proxy or a cloud's name of the caller's is not its."""


@dataclass(frozen=True)
class Daemon:
    """One server of a lab. Without a command it can only be looked at and stopped."""

    instance: Instance
    name: str
    command: Sequence[str | Path] = ()
    settings: str = ""
    """Whatever a running process would have to be restarted for."""
    environment: Mapping[str, str] = field(default_factory=dict)
    inside: bool = True
    """Whether it runs in the site's network namespace, or in the host's."""

    @property
    def log(self) -> Path:
        """Its output; kept with the site's state."""
        return self.instance.state / "logs" / f"{self.name}.log"

    @property
    def record(self) -> Path:
        """Which process it is; gone with the lab."""
        return self.instance.run / "daemons" / f"{self.name}.json"

    @property
    def group(self) -> str:
        """Its control group."""
        return f"{self.instance.cgroup}/services/{self.name}"

    def start(self) -> bool:
        """Have it run with these settings; return whether it had to be started."""
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
        """Tell whether it runs, and with these settings."""
        running = self.process()
        return running is not None and self._noted()["settings"] == self._digest()

    def process(self) -> int | None:
        """Return its process id, unless that process is gone or another by now."""
        try:
            facts = self._noted()
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        pid: int = facts["pid"]
        began = _began(pid)
        return pid if began is not None and began == facts["began"] else None

    def ready(self, answers: Callable[[], object], seconds: float) -> None:
        """Return once it answers.

        Raises:
            ForegroundError: it ended, or it did not answer in time; its log is named.
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
        """End it and everything that it started: orderly if it can, then at once."""
        pid = self.process()
        if pid:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            with suppress(ForegroundError):
                until(lambda: not self.process(), f"{self.name} ends", patience)
        if cgroups.exists(self.group):
            cgroups.clear(self.group)
        self.record.unlink(missing_ok=True)

    def _noted(self) -> dict[str, Any]:
        noted: dict[str, Any] = json.loads(self.record.read_text())
        return noted

    def _digest(self) -> str:
        words = [*map(str, self.command), *map(str, self.environment.items()), self.settings]
        return hashlib.sha256("\0".join(words).encode()).hexdigest()

    def _spawn(self) -> int:
        where = entered(NAMESPACES / self.instance.netns) if self.inside else nullcontext()
        environment = {name: os.environ[name] for name in KEPT if name in os.environ}
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


def names(instance: Instance) -> list[str]:
    """Return the names of all daemons that were started and not stopped since, dead ones too."""
    return sorted(path.stem for path in (instance.run / "daemons").glob("*.json"))


def since(pid: int) -> float:
    """Return for how many seconds a process has been running."""
    began = _began(pid)
    up = float(Path("/proc/uptime").read_text().split()[0])
    return up - int(began) / os.sysconf("SC_CLK_TCK") if began else 0.0


def _began(pid: int) -> str | None:
    """When the process started, in ticks since boot; a zombie has ended."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if after_name[0] in "ZX" else after_name[19]
