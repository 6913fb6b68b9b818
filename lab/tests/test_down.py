"""`down` leaves nothing of a lab on the host. It ends the lab, so it runs last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab.testing import host_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.instance import LabInstance
    from lab.testing.cloud import Cloud

pytestmark = pytest.mark.lab


def test_last_down_leaves_the_host_as_it_was_before_the_lab(
    before: dict[str, set[str]], cloud: Cloud, ci: LabInstance, typed: Callable[[str], None]
) -> None:
    """One machine runs and has a volume attached, as when an operator ends a lab in use."""
    server = cloud.create("running")
    server.wait()
    volume = cloud.api.block_storage.create_volume(name="attached", size=1)
    cloud.volume_becomes(volume, "available")
    cloud.attach(server, volume)
    assert host_snapshot.take(ci.site) != before
    typed("down")
    after = host_snapshot.take(ci.site)
    assert difference(after, before) == {}, "left behind"
    assert difference(before, after) == {}, "taken away"


def difference(one: dict[str, set[str]], other: dict[str, set[str]]) -> dict[str, list[str]]:
    """Return what only the first snapshot has, by the kinds that both snapshots have."""
    return {
        kind: sorted(more)
        for kind in one.keys() & other.keys()
        if (more := one[kind] - other[kind])
    }
