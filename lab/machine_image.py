"""Machine image `debian-12`: a Debian root tree with cloud-init, as a zstd tar for Glance.

mmdebstrap builds it once; the cache stores it under a digest of its recipe. Settings for the
kernel of this host are drop-in files in `image/tree`, in places that upstream programs offer.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from infra.errors import ForegroundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["NAME", "build", "key", "recipe"]

NAME = "debian-12"
SUITE = "bookworm"
RECIPE = Path(__file__).parent / "image"
REPORT_EVERY = 10.0


def build(say: Callable[[str], None] = lambda _: None) -> Path:
    """Return the image's file; build it if the cache does not have it (about 75 seconds).

    Args:
        say: Receives one line of progress at a time.

    Raises:
        ForegroundError: mmdebstrap is missing or failed; the error names its log.
    """
    folder = _cache() / f"{NAME}-{key(recipe())}"
    image = folder / f"{NAME}.tar.zst"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two labs may need their first image at once
        if not image.is_file():
            _make(image, say)
    return image


def recipe() -> list[Path]:
    """Return every file that the image is built from, in a stable order."""
    return sorted(path for path in RECIPE.rglob("*") if path.is_file())


def key(files: Iterable[Path]) -> str:
    """Return a digest of the recipe: of paths and contents of its files."""
    digest = hashlib.sha256(SUITE.encode())
    for file in files:
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"\n{file.relative_to(RECIPE)} {content}".encode())
    return digest.hexdigest()[:16]


def packages() -> list[str]:
    """Return the Debian packages of the image, without their dependencies."""
    return (RECIPE / "packages.txt").read_text().split()


def _make(image: Path, say: Callable[[str], None]) -> None:
    if shutil.which("mmdebstrap") is None:
        raise ForegroundError(
            "mmdebstrap, which builds the machine image, is not installed",
            "sudo apt-get install mmdebstrap zstd",
        )
    aside, log = image.with_name("new.tar.zst"), image.with_name("build.log")
    began = time.monotonic()
    with log.open("wb") as out:
        process = subprocess.Popen(_command(aside), stdout=out, stderr=out)
        try:
            while _runs(process):
                say(f"machine image: {time.monotonic() - began:.0f} s of about 75")
        except BaseException:
            process.terminate()  # mmdebstrap unmounts and removes its root itself
            process.wait()
            raise
    if process.returncode:
        raise ForegroundError(
            "mmdebstrap could not build the machine image", f"less {log}", at=str(log)
        )
    aside.rename(image)
    say(f"machine image: built in {time.monotonic() - began:.0f} s")


def _command(target: Path) -> list[str | Path]:
    return [
        "mmdebstrap",
        "--variant=minbase",
        f"--include={','.join(packages())}",
        f'--customize-hook="{RECIPE / "customize.sh"}" "$1"',
        SUITE,
        target,
    ]


def _runs(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(REPORT_EVERY)
    except subprocess.TimeoutExpired:
        return True
    return False


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "foreground" / "images"
