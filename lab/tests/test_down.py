"""What a lab leaves on the host: nothing. It ends the lab, so it runs when all others have run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab.testing import host

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.instance import Instance
    from lab.testing.cloud import Cloud

pytestmark = pytest.mark.lab


def test_last_of_all_down_leaves_the_host_as_it_was(
    before: dict[str, set[str]], cloud: Cloud, ci: Instance, typed: Callable[[str], None]
) -> None:
    """With a machine that runs and has a volume, as it is when somebody types it."""
    server = cloud.create("running")
    server.wait()
    volume = cloud.api.block_storage.create_volume(name="attached", size=1)
    cloud.volume_becomes(volume, "available")
    cloud.attach(server, volume)
    assert host.count(ci.site) != before
    typed("down")
    after = host.count(ci.site)
    assert difference(after, before) == {}, "left behind"
    assert difference(before, after) == {}, "taken away"


def difference(one: dict[str, set[str]], other: dict[str, set[str]]) -> dict[str, list[str]]:
    """Compare the kinds that both counted: what all labs share is not while another is up."""
    return {
        kind: sorted(more)
        for kind in one.keys() & other.keys()
        if (more := one[kind] - other[kind])
    }
