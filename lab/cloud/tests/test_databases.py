"""Databases: which exist, and which are created anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labcloud import databases
from labcloud.settings import SERVICES

if TYPE_CHECKING:
    from labcloud.settings import Settings


def complete(cloud: Settings, service: str) -> None:
    """Put a service's databases in place, as its migrations leave them."""
    for name in databases.DATABASES[service]:
        unfinished = databases.aside(cloud, name)
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(name)
    databases.put_in_place(cloud, service)


def test_at_first_all_are_missing(cloud: Settings) -> None:
    assert set(databases.missing(cloud)) == set(SERVICES)


def test_what_is_in_place_is_not_made_again(cloud: Settings) -> None:
    for service in SERVICES:
        complete(cloud, service)
    said: list[str] = []
    databases.make(cloud, said.append)
    assert said == []
    assert cloud.database("glance").read_text() == "glance"


def test_one_of_three_does_not_count(cloud: Settings) -> None:
    complete(cloud, "nova")
    cloud.database("nova_cell1").unlink()
    assert "nova" in databases.missing(cloud)


def test_an_unfinished_database_does_not_count(cloud: Settings) -> None:
    complete(cloud, "keystone")
    unfinished = databases.aside(cloud, "glance")
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    unfinished.write_text("half")
    assert "glance" in databases.missing(cloud)
    assert "keystone" not in databases.missing(cloud)


def test_an_earlier_journal_never_meets_the_new_database(cloud: Settings) -> None:
    complete(cloud, "glance")
    journal = cloud.database("glance").with_name("glance.sqlite-wal")
    journal.write_text("of a database that is gone")
    complete(cloud, "glance")
    assert not journal.exists()
