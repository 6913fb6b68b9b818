"""Buildah, which builds images: it leaves no mount, process or file outside its folders."""

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
"""Folder where buildah stores the formats of pushed layers, for all stores of the machine."""

_MOUNTS: Final = f'mount -t tmpfs none {_SYSTEM} && mount -t tmpfs none "$1" && shift && exec "$@"'
_ALONE: Final = ("unshare", "--mount", "--propagation=private", "--pid", "--mount-proc", "--fork")
"""Namespaces of mounts and processes: both end with the first process, however it ends, so that no
mount is left in the scratch folder when it is removed."""

_FULL: Final = "no space left on device"
_CAUSE: Final = re.compile(r"^\s*(?:error|E|npm error|cause): ", re.IGNORECASE)
"""Beginning of a line in which uv, apt, npm or buildah names the cause."""


@dataclass(frozen=True)
class Buildah:
    """Buildah on one store of images, with a log of its output."""

    store: Path
    scratch: Path
    log: Path
    tick: Tick

    def run(self, *arguments: str | Path, what: str) -> None:
        """Run one command of buildah.

        Raises:
            ForegroundError: It failed; `what` is the first line of the error.
        """
        places = ["--root", str(self.store), "--runroot", str(self.scratch / "run")]
        self.watched(["buildah", *places, "--storage-driver=overlay", *arguments], what)

    def watched(self, command: Sequence[str | Path], what: str) -> None:
        """Run a program that takes long, with its output in the log."""
        inside = ["sh", "-c", _MOUNTS, "sh", self.scratch / "run", "nice", "-n", "10", *command]
        with self.log.open("ab") as output:
            begins = output.tell()
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig=KILL", *_ALONE, "--kill-child", *inside],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=_environment(self.scratch),
                start_new_session=True,
            )
            _wait(process, self.tick)
        if process.returncode:
            raise _explained(what, self.log, begins)


def opened(store: Path, scratch: Path, log: Path, tick: Tick) -> Buildah:
    """Buildah on this store, after removing the containers that a killed build left in it.

    Args:
        store: Images to build on.
        scratch: Folder of temporary files; the caller removes it.
        log: Output of the programs.
        tick: Called at least once a second.

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
        buildah.run("rm", "--all", what="leftovers in the store of images were not removed")
    return buildah


def _environment(scratch: Path) -> dict[str, str]:
    """Environment without the settings of this machine's package clients."""
    base = {"PATH": os.environ["PATH"], "TMPDIR": str(scratch)}
    return {**base, "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}


def _wait(process: subprocess.Popen[bytes], tick: Tick) -> None:
    """Wait for the process; on any exception kill it and its descendants."""
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
    output = log.read_bytes()[begins:].decode(errors="replace")
    if _FULL in output:
        return ForegroundError(
            f"{what}: the disk is full", "free 5 GB, then the same command again", at=str(log)
        )
    lines = [line.strip()[:200] for line in output.splitlines() if line.strip()]
    causes = ([line for line in lines if _CAUSE.match(line)] or lines[-3:])[:3]
    return ForegroundError(
        what, "read the log, then the same command again", details=causes, at=str(log)
    )
