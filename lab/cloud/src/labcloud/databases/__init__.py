"""Databases of the six services: each is created by a child process, then moved into place."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING

from labcloud import private_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from labcloud.settings import Settings

__all__ = ["DATABASES", "DatabaseError", "aside", "make", "missing", "put_in_place"]

DATABASES = {  # the slowest first: two at a time, they then end together
    "keystone": ("keystone",),
    "nova": ("nova_api", "nova_cell0", "nova_cell1"),
    "cinder": ("cinder",),
    "neutron": ("neutron",),
    "glance": ("glance",),
    "placement": ("placement",),
}
AT_ONCE = 2
LIMIT_S = 600


class DatabaseError(Exception):
    """A service's databases could not be made."""


def missing(settings: Settings) -> list[str]:
    """List the services whose databases are not all there."""
    return [
        service
        for service, names in DATABASES.items()
        if not all(settings.database(name).exists() for name in names)
    ]


def make(settings: Settings, say: Callable[[str], None]) -> None:
    """Make what is missing; what an interrupted run left half done is made anew.

    Raises:
        DatabaseError: a service's own migrations failed; the log has what they said.
    """
    private_files.folder(settings.database("any").parent)
    # the children hold it too: those of a run that was killed are waited for
    with private_files.held(settings.state / "prepare.lock") as lock:
        pool = ThreadPoolExecutor(AT_ONCE)
        try:
            makes = [
                pool.submit(_make_one, settings, service, say, lock)
                for service in missing(settings)
            ]
            for made in as_completed(makes):
                made.result()
        finally:
            pool.shutdown(cancel_futures=True)
        shutil.rmtree(aside(settings, "any").parent, ignore_errors=True)


def aside(settings: Settings, name: str) -> Path:
    """Return where a database is while it is not complete."""
    return settings.database(name).parent / "unfinished" / f"{name}.sqlite"


def put_in_place(settings: Settings, service: str) -> None:
    """Give a service's complete databases their names."""
    for name in DATABASES[service]:
        complete = settings.database(name)
        for journal in complete.parent.glob(f"{complete.name}-*"):
            journal.unlink()  # of an earlier one: SQLite would write it into the new
        aside(settings, name).replace(complete)


def _make_one(settings: Settings, service: str, say: Callable[[str], None], lock: int) -> None:
    started = time.monotonic()
    for name in DATABASES[service]:
        unfinished = aside(settings, name)
        private_files.folder(unfinished.parent)
        for left_over in unfinished.parent.glob(f"{name}.sqlite*"):
            left_over.unlink()
    log = settings.log(f"{service}-databases")
    private_files.folder(log.parent)
    with log.open("ab") as output:
        child = subprocess.run(
            [sys.executable, "-P", "-m", "labcloud", "database", service],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
            pass_fds=(lock,),
            timeout=LIMIT_S,
            check=False,
        )
    if child.returncode:
        raise DatabaseError(f"the databases of {service} could not be made: see {log}")
    put_in_place(settings, service)
    say(f"databases of {service} made in {time.monotonic() - started:.1f} s")
