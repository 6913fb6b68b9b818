"""SQLite transactions for many threads: begun by the first write, which waits for its turn.

oslo.db opens every transaction with a deferred BEGIN. A read that turns into a write while another
thread commits then fails at once with "database is locked", because SQLite's busy timeout does not
apply to it. Here reads run outside a transaction, similar to READ COMMITTED, and the first write
begins a transaction with BEGIN IMMEDIATE, which waits.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

__all__ = ["install"]

READS = ("SELECT", "PRAGMA", "WITH", "RELEASE", "ROLLBACK")
PRAGMAS = (
    "journal_mode=WAL",  # readers and the writer do not wait for each other
    "busy_timeout=60000",
    "synchronous=OFF",  # after a crash of the machine the lab starts from nothing
)


def install() -> None:
    """Change the transactions of every SQLite engine in this process."""
    event.listen(Engine, "connect", _on_connect)
    event.listen(Engine, "before_cursor_execute", _before_execute, retval=True)


def _on_connect(connection: Any, _record: Any) -> None:
    if not type(connection).__module__.startswith("sqlite3"):
        return
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _before_execute(  # the signature is SQLAlchemy's
    connection: Any,
    cursor: Any,
    statement: str,
    parameters: Any,
    _context: Any,
    _many: bool,  # noqa: FBT001
) -> tuple[str, Any]:
    if connection.dialect.name != "sqlite":
        return statement, parameters
    word = statement.lstrip()[:8].upper()
    if word.startswith("BEGIN"):
        return "PRAGMA user_version", ()  # a statement without effect instead of BEGIN
    if not word.startswith(READS) and not cursor.connection.in_transaction:
        cursor.execute("BEGIN IMMEDIATE")
    return statement, parameters
