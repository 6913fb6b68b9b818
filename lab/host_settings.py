"""Host-wide kernel settings: raised for the first lab, restored after the last one.

The earlier values are recorded before they are changed, so that they can be restored also after a
SIGKILL. A restart of the machine resets the settings, and the record with them.
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

__all__ = ["SETTINGS", "apply", "restore"]

FOLDER = RUN / "host"
SETTINGS = {
    # each machine's systemd and each kubelet use many; the kernel's default is 128
    Path("/proc/sys/fs/inotify/max_user_instances"): 8192,
}
BOOT = Path("/proc/sys/kernel/random/boot_id")


def apply(site: str) -> None:
    """Register a site's lab and raise the settings."""
    with _locked():
        before = _before()
        (FOLDER / "labs" / site).touch()
        _write(FOLDER / "before.json", json.dumps(before))
        for path, wanted in SETTINGS.items():
            if int(path.read_text()) < wanted:
                path.write_text(str(wanted))


def restore(site: str) -> None:
    """Unregister a site's lab; after the last one restore the earlier values."""
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
        with suppress(OSError):  # it holds other files
            RUN.rmdir()


def _before() -> dict[str, Any]:
    """Return the values before the first lab: as recorded since the host's start, or as of now."""
    boot = BOOT.read_text().strip()
    try:
        recorded: dict[str, Any] = json.loads((FOLDER / "before.json").read_text())
    except FileNotFoundError:
        recorded = {}
    if recorded.get("boot") == boot:
        return recorded
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
