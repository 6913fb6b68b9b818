"""Buildah, run so that it leaves nothing behind: no mount, no daemon, no note of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.errors import ForegroundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolchain.source import Tick

__all__ = ["Buildah", "opened"]

_SYSTEM: Final = Path("/var/lib/containers")
"""Where buildah remembers, for every store on the machine, in which formats it sent a layer."""

_MOUNTS: Final = f'mount -t tmpfs none {_SYSTEM} && mount -t tmpfs none "$1" && shift && exec "$@"'
_ALONE: Final = ("unshare", "--mount", "--propagation=private", "--pid", "--mount-proc", "--fork")
"""Mounts and processes of their own: both end with the first process, however that ends. Whoever
tidies the scratch folder afterwards must meet no mount there."""

_FULL: Final = "no space left on device"
_CAUSE: Final = re.compile(r"^\s*(?:error|E|npm error|cause): ", re.IGNORECASE)
"""How a line begins with which uv, apt, npm or buildah says why."""


@dataclass(frozen=True)
class Buildah:
    """One store of images and what buildah says, in a log."""

    store: Path
    scratch: Path
    log: Path
    tick: Tick

    def run(self, *arguments: str | Path, what: str) -> None:
        """Run one command of buildah's.

        Raises:
            ForegroundError: It failed; `what` is said of it.
        """
        places = ["--root", str(self.store), "--runroot", str(self.scratch / "run")]
        self.watched(["buildah", *places, "--storage-driver=overlay", *arguments], what)

    def watched(self, command: Sequence[str | Path], what: str) -> None:
        """Run a program that takes its time, with what it says in the log."""
        inside = ["sh", "-c", _MOUNTS, "sh", self.scratch / "run", "nice", "-n", "10", *command]
        with self.log.open("ab") as said:
            begins = said.tell()
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig=KILL", *_ALONE, "--kill-child", *inside],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env=_environment(self.scratch),
                start_new_session=True,
            )
            _wait(process, self.tick)
        if process.returncode:
            raise _explained(what, self.log, begins)


def opened(store: Path, scratch: Path, log: Path, tick: Tick) -> Buildah:
    """Buildah on this store, without what an ended build left in it.

    Args:
        store: Images to build on.
        scratch: Folder for whatever is of no use afterwards; somebody else removes it.
        log: What the programs say.
        tick: Called meanwhile.

    Raises:
        ForegroundError: Buildah is not installed.
    """
    if not shutil.which("buildah"):
        raise ForegroundError("buildah is not installed", "make setup")
    store.mkdir(parents=True, exist_ok=True, mode=0o700)
    _SYSTEM.mkdir(parents=True, exist_ok=True, mode=0o700)
    log.write_bytes(b"")
    log.chmod(0o600)
    (scratch / "run").mkdir()
    buildah = Buildah(store, scratch, log, tick)
    if any(store.iterdir()):
        buildah.run("rm", "--all", what="the store of images could not be tidied")
    return buildah


def _environment(scratch: Path) -> dict[str, str]:
    """Where things are, and nothing of what this machine's package clients are told."""
    here = {"PATH": os.environ["PATH"], "TMPDIR": str(scratch)}
    return {**here, "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}


def _wait(process: subprocess.Popen[bytes], tick: Tick) -> None:
    """Wait for it; whatever ends us ends it and all that it started."""
    try:
        while process.poll() is None:
            tick()
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.5)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _explained(what: str, log: Path, begins: int) -> ForegroundError:
    said = log.read_bytes()[begins:].decode(errors="replace")
    if _FULL in said:
        return ForegroundError(
            f"{what}: the disk is full", "free 5 GB, then the same command again", at=str(log)
        )
    lines = [line.strip()[:200] for line in said.splitlines() if line.strip()]
    told = ([line for line in lines if _CAUSE.match(line)] or lines[-3:])[:3]
    return ForegroundError(
        what, "look at the log, then the same command again", details=told, at=str(log)
    )
