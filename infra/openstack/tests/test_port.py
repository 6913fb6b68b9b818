"""Address pairs of a port, by openstacksdk and a small Neutron over HTTP."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from infra.errors import ForegroundError
from infra.openstack import client
from infra.openstack.port import Port

if TYPE_CHECKING:
    from .conftest import Neutron

MAC = "fa:16:3e:00:00:01"
OF_NODE = "10.93.1.0/24"
OF_ALL = "10.93.0.0/16"
PORT = Port("t4-0", "here", "p1")


def test_a_port_gets_exactly_the_range_and_loses_others(neutron: Neutron) -> None:
    neutron.hold((OF_ALL, MAC), ("10.1.1.1", MAC))
    PORT.allow(OF_NODE)
    assert neutron.put == [{"allowed_address_pairs": [{"ip_address": OF_NODE}]}]
    assert PORT.pairs() == [OF_NODE]


def test_a_range_that_is_set_already_is_not_requested_again(neutron: Neutron) -> None:
    neutron.hold((OF_NODE, MAC))
    PORT.allow(OF_NODE)
    assert neutron.put == []


def test_the_same_range_with_another_mac_address_is_set_again(neutron: Neutron) -> None:
    neutron.hold((OF_NODE, "fa:16:3e:99:99:99"))
    assert PORT.pairs() == [f"{OF_NODE} of fa:16:3e:99:99:99"]
    PORT.allow(OF_NODE)
    assert len(neutron.put) == 1


def test_clear_leaves_no_range(neutron: Neutron) -> None:
    neutron.hold((OF_NODE, MAC))
    PORT.clear()
    assert PORT.pairs() == []


def test_clear_of_a_port_that_is_gone_is_a_success(neutron: Neutron) -> None:
    neutron.port = None
    PORT.clear()
    assert PORT.pairs() is None


def test_a_range_for_a_port_that_is_gone_is_an_error(neutron: Neutron) -> None:
    neutron.port = None
    with pytest.raises(ForegroundError, match="The port of t4-0 is gone from the cloud here: p1"):
        PORT.allow(OF_NODE)


def test_a_policy_that_forbids_address_pairs_is_named(neutron: Neutron) -> None:
    neutron.refuses = (403, "rule:update_port:allowed_address_pairs is disallowed by policy")
    with pytest.raises(ForegroundError, match="may not change address pairs of ports") as refused:
        PORT.allow(OF_NODE)
    assert "update_port:allowed_address_pairs" in refused.value.hint


def test_any_other_refusal_has_the_message_of_the_cloud(neutron: Neutron) -> None:
    neutron.refuses = (409, "Port Security must be enabled for address pairs")
    with pytest.raises(ForegroundError, match=r"refuses .* t4-0: Port Security must be enabled"):
        PORT.allow(OF_NODE)


def test_a_cloud_that_does_not_respond_is_reported_in_time(neutron: Neutron) -> None:
    neutron.responds.clear()
    port = Port("t4-0", "here", "p1", partial(client.connect, timeout=0.1))
    with pytest.raises(ForegroundError, match="The cloud here does not answer about the port"):
        port.allow(OF_NODE)


def test_a_cloud_without_a_server_is_reported(neutron: Neutron) -> None:
    neutron.shutdown()
    neutron.server_close()
    with pytest.raises(ForegroundError, match=r"The cloud here does not answer: .*refused"):
        PORT.pairs()
