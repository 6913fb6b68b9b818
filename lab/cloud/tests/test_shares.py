from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from labcloud.nova import shares
from labcloud.nova.description import Machine

BARE = Machine("86ab9ee8-014b", "worker", "rack-1", "/image", 1024, 1, 0, "fg-ci", "foreground-ci")


def on(network: str, address: str) -> Machine:
    """Return a machine with one port."""
    subnets = [{"ips": [{"address": address}]}]
    return replace(BARE, vifs=[{"id": "port", "network": {"id": network, "subnets": subnets}}])


WORKER = on("net", "10.0.0.5")
ALL = {Path("storage"): on("net", "10.0.0.6"), Path("stranger"): on("other", "10.0.0.7")}


def test_a_machine_on_the_same_network_is_found_by_its_address() -> None:
    assert shares.owner("10.0.0.6", WORKER, ALL.items()) == Path("storage")


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("10.0.0.7", id="on another network"),
        pytest.param("10.0.0.8", id="unused"),
    ],
)
def test_an_address_on_no_common_network_is_refused(address: str) -> None:
    with pytest.raises(shares.ShareError, match=address):
        shares.owner(address, WORKER, ALL.items())
