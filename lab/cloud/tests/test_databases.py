"""Databases: which exist, and which are created anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labcloud import databases
from labcloud.settings import SERVICES

if TYPE_CHECKING:
    from labcloud.settings import Settings


def complete(cloud: Settings, service: str) -> None:
    """Create complete databases of a service, in place of its migrations."""
    for name in databases.DATABASES[service]:
        unfinished = databases.aside(cloud, name)
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(name)
    databases.put_in_place(cloud, service)


def test_at_first_all_databases_are_missing(cloud: Settings) -> None:
    assert set(databases.missing(cloud)) == set(SERVICES)


def test_a_complete_database_is_not_created_again(cloud: Settings) -> None:
    for service in SERVICES:
        complete(cloud, service)
    lines: list[str] = []
    databases.make(cloud, lines.append)
    assert lines == []
    assert cloud.database("glance").read_text() == "glance"


def test_a_service_that_lacks_one_of_three_databases_is_missing(cloud: Settings) -> None:
    complete(cloud, "nova")
    cloud.database("nova_cell1").unlink()
    assert "nova" in databases.missing(cloud)


def test_a_service_with_an_unfinished_database_is_missing(cloud: Settings) -> None:
    complete(cloud, "keystone")
    unfinished = databases.aside(cloud, "glance")
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    unfinished.write_text("half")
    assert "glance" in databases.missing(cloud)
    assert "keystone" not in databases.missing(cloud)


def test_the_journal_of_an_earlier_database_is_removed(cloud: Settings) -> None:
    complete(cloud, "glance")
    journal = cloud.database("glance").with_name("glance.sqlite-wal")
    journal.write_text("of a database that is gone")
    complete(cloud, "glance")
    assert not journal.exists()
