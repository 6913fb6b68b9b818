"""Host-wide settings that labs need: counted for all labs, put back by the last one that goes.

What was there before is written down before it is changed, so a `kill -9` at any moment loses
nothing; a restart of the machine forgets the settings and these notes alike.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.instance import RUN, STATE
from lab.namespaces import NAMESPACES

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SETTINGS", "give_back", "take"]

FOLDER = RUN / "host"
SETTINGS = {
    # each machine's systemd and each kubelet hold many; the kernel's own limit is 128
    Path("/proc/sys/fs/inotify/max_user_instances"): 8192,
}
BOOT = Path("/proc/sys/kernel/random/boot_id")


def take(site: str) -> None:
    """Have the host as labs need it, until `give_back` for this site."""
    with _locked():
        before = _before()
        (FOLDER / "labs" / site).touch()
        _write(FOLDER / "before.json", json.dumps(before))
        for path, wanted in SETTINGS.items():
            if int(path.read_text()) < wanted:
                path.write_text(str(wanted))


def give_back(site: str) -> None:
    """Say that a site's lab has gone; after the last one the host is as it was."""
    with _locked():
        (FOLDER / "labs" / site).unlink(missing_ok=True)
        if any((FOLDER / "labs").iterdir()):
            return
        before = _before()
        for path, value in before["settings"].items():
            Path(path).write_text(value)
        if not before["namespaces"] and NAMESPACES.is_dir() and not any(NAMESPACES.iterdir()):
            subprocess.run(["umount", NAMESPACES], check=False, capture_output=True)
            NAMESPACES.rmdir()
        shutil.rmtree(FOLDER)
        with suppress(OSError):  # somebody keeps something else there
            RUN.rmdir()


def _before() -> dict[str, Any]:
    """What the host was before the first lab: as written down since its start, or as it is now."""
    boot = BOOT.read_text().strip()
    try:
        noted: dict[str, Any] = json.loads((FOLDER / "before.json").read_text())
    except FileNotFoundError:
        noted = {}
    if noted.get("boot") == boot:
        return noted
    settings = {str(path): path.read_text().strip() for path in SETTINGS}
    return {"boot": boot, "settings": settings, "namespaces": NAMESPACES.is_dir()}


@contextmanager
def _locked() -> Iterator[None]:
    STATE.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (STATE / "host.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (FOLDER / "labs").mkdir(mode=0o700, parents=True, exist_ok=True)
        yield


def _write(path: Path, text: str) -> None:
    aside = path.with_suffix(".part")
    aside.write_text(text)
    aside.rename(path)
