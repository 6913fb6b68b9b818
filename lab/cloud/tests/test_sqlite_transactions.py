"""SQLite with many threads, in the Python environment that has oslo.db."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from lab import controlplane
from lab.progress import Progress

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.lab
CONTEND = """
import sys
from concurrent.futures import ThreadPoolExecutor
import sqlalchemy
from oslo_db.sqlalchemy import enginefacade
from labcloud import sqlite_transactions

if sys.argv[2] == "installed":
    sqlite_transactions.install()
facade = enginefacade.transaction_context()
facade.configure(connection="sqlite:///" + sys.argv[1] + "?timeout=60", max_retries=0)
engine = facade.writer.get_engine()
with engine.begin() as made:
    made.execute(sqlalchemy.text("CREATE TABLE counter (value INTEGER)"))
    made.execute(sqlalchemy.text("INSERT INTO counter VALUES (0)"))

def count(_):
    with engine.begin() as turn:  # a read, then a write
        turn.execute(sqlalchemy.text("SELECT value FROM counter")).scalar()
        turn.execute(sqlalchemy.text("UPDATE counter SET value = value + 1"))

with ThreadPoolExecutor(8) as pool:
    list(pool.map(count, range(400)))
with engine.connect() as read:
    print(read.execute(sqlalchemy.text("SELECT value FROM counter")).scalar())
"""


def contend(database: Path, how: str) -> subprocess.CompletedProcess[str]:
    command = [controlplane.PYTHON, "-P", "-W", "ignore", "-c", CONTEND, database, how]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module", autouse=True)
def environment() -> None:
    """Create OpenStack's environment, which a new checkout does not have yet."""
    controlplane.environment(Progress("tests"))


def test_no_transaction_fails_because_the_database_is_locked(tmp_path: Path) -> None:
    done = contend(tmp_path / "counter.sqlite", "installed")
    assert done.stdout.strip() == "400", done.stderr


def test_without_our_change_transactions_fail_because_the_database_is_locked(
    tmp_path: Path,
) -> None:
    done = contend(tmp_path / "counter.sqlite", "as shipped")
    assert "database is locked" in done.stderr  # when this fails, our change can be removed
