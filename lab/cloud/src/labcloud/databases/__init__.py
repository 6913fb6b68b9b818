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

DATABASES = {  # the slowest first, so that two at a time end at about the same time
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
    """The databases of a service could not be created."""


def missing(settings: Settings) -> list[str]:
    """Return the services that lack at least one database."""
    return [
        service
        for service, names in DATABASES.items()
        if not all(settings.database(name).exists() for name in names)
    ]


def make(settings: Settings, say: Callable[[str], None]) -> None:
    """Create what is missing; unfinished databases of an interrupted run are created again.

    Raises:
        DatabaseError: The migrations of a service failed; the error names their log.
    """
    private_files.folder(settings.database("any").parent)
    # children inherit the lock, so that this waits for those of a killed run
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
    """Return the path of an unfinished database."""
    return settings.database(name).parent / "unfinished" / f"{name}.sqlite"


def put_in_place(settings: Settings, service: str) -> None:
    """Move the complete databases of a service to their final paths."""
    for name in DATABASES[service]:
        complete = settings.database(name)
        for journal in complete.parent.glob(f"{complete.name}-*"):
            journal.unlink()  # SQLite would apply the journal of the old database to the new
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
        raise DatabaseError(f"the databases of {service} could not be created: see {log}")
    put_in_place(settings, service)
    say(f"databases of {service} created in {time.monotonic() - started:.1f} s")
