"""Address pairs of a port, asked of a cloud over HTTP."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from infra.errors import ForegroundError
from infra.openstack import client as api
from infra.openstack.port import Port

if TYPE_CHECKING:
    from .conftest import Neutron

MAC = "fa:16:3e:00:00:01"
MINE = "10.93.1.0/24"
WHOLE = "10.93.0.0/16"
PORT = Port("t4-0", "here", "p1")


def test_a_port_gets_exactly_the_range_whatever_it_had(neutron: Neutron) -> None:
    neutron.hold((WHOLE, MAC), ("10.1.1.1", MAC))
    PORT.allow(MINE)
    assert neutron.put == [{"allowed_address_pairs": [{"ip_address": MINE}]}]
    assert PORT.pairs() == [MINE]


def test_what_is_so_already_is_not_asked_for(neutron: Neutron) -> None:
    neutron.hold((MINE, MAC))
    PORT.allow(MINE)
    assert neutron.put == []


def test_the_same_range_for_another_link_address_is_not_so_already(neutron: Neutron) -> None:
    neutron.hold((MINE, "fa:16:3e:99:99:99"))
    assert PORT.pairs() == [f"{MINE} of fa:16:3e:99:99:99"]
    PORT.allow(MINE)
    assert len(neutron.put) == 1


def test_the_range_is_taken_away(neutron: Neutron) -> None:
    neutron.hold((MINE, MAC))
    PORT.withdraw()
    assert PORT.pairs() == []


def test_a_port_that_is_gone_has_nothing_to_take_away(neutron: Neutron) -> None:
    neutron.port = None
    PORT.withdraw()
    assert PORT.pairs() is None


def test_a_range_for_a_port_that_is_gone_is_told(neutron: Neutron) -> None:
    neutron.port = None
    with pytest.raises(ForegroundError, match="The port of t4-0 is gone from the cloud here: p1"):
        PORT.allow(MINE)


def test_a_policy_that_forbids_it_is_told(neutron: Neutron) -> None:
    neutron.refuses = (403, "rule:update_port:allowed_address_pairs is disallowed by policy")
    with pytest.raises(ForegroundError, match="may not change address pairs of ports") as told:
        PORT.allow(MINE)
    assert "update_port:allowed_address_pairs" in told.value.hint


def test_any_other_refusal_is_told_in_the_clouds_words(neutron: Neutron) -> None:
    neutron.refuses = (409, "Port Security must be enabled for address pairs")
    with pytest.raises(ForegroundError, match=r"refuses .* t4-0: Port Security must be enabled"):
        PORT.allow(MINE)


def test_a_cloud_that_keeps_silent_is_told_in_time(neutron: Neutron) -> None:
    neutron.speaks.clear()
    port = Port("t4-0", "here", "p1", partial(api.connect, answer=0.1))
    with pytest.raises(ForegroundError, match="The cloud here does not answer about the port"):
        port.allow(MINE)


def test_a_cloud_that_nobody_serves_is_told(neutron: Neutron) -> None:
    neutron.shutdown()
    neutron.server_close()
    with pytest.raises(ForegroundError, match=r"The cloud here does not answer: .*refused"):
        PORT.pairs()
