"""Packet filter: from Neutron's ports and groups to nftables text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from labcloud.neutron import names, ruleset
from labcloud.neutron.security import Opening

if TYPE_CHECKING:
    from .conftest import Holdings

EVERYWHERE = ("0.0.0.0/0",)


def test_a_rule_with_a_remote_group_opens_to_the_addresses_and_pairs_of_its_members(
    holdings: Holdings,
) -> None:
    nodes = holdings.group("nodes")
    holdings.group(
        "nodes", holdings.rule(protocol="tcp", ports=(6443, 6443), remote_group_id=nodes)
    )
    pair = {"ip_address": "10.93.1.0/24"}
    holdings.machine("one", "10.77.0.11", nodes, pairs=(pair,))
    holdings.machine("two", "10.77.0.10", nodes)

    (group,) = holdings.rules().groups

    peers = ("10.77.0.10/31", "10.93.1.0/24")
    assert group.ingress == (Opening(protocol=6, first=6443, last=6443, peers=peers),)


def test_a_rule_with_an_empty_remote_group_opens_nothing(holdings: Holdings) -> None:
    empty = holdings.group("empty")
    mine = holdings.group("mine", holdings.rule(remote_group_id=empty))
    holdings.machine("one", "10.77.0.11", mine)

    assert holdings.rules().groups[0].ingress == ()


def test_ipv6_rules_and_addresses_are_ignored(holdings: Holdings) -> None:
    group = holdings.group("six", holdings.rule(ethertype="IPv6"), holdings.rule("egress"))
    port = holdings.machine("one", "10.77.0.11", group)
    port["fixed_ips"].append({"ip_address": "fd00::11"})

    rules = holdings.rules()

    assert rules.groups[0].ingress == ()
    assert rules.groups[0].egress == (Opening(None, None, None, EVERYWHERE),)
    assert rules.ports[0].sources == ((port["mac_address"], "10.77.0.11/32"),)


def test_an_address_pair_may_have_another_mac_address(holdings: Holdings) -> None:
    pair = {"ip_address": "10.77.0.99", "mac_address": "FA:16:3E:00:00:99"}
    port = holdings.machine("one", "10.77.0.11", pairs=(pair,))

    assert set(holdings.rules().ports[0].sources) == {
        (port["mac_address"], "10.77.0.11/32"),
        ("fa:16:3e:00:00:99", "10.77.0.99/32"),
    }


def test_networks_are_routed_by_a_common_router_and_need_a_gateway_for_the_uplink(
    holdings: Holdings,
) -> None:
    a, b = holdings.router("r1", "a", "b", gateway=True)
    (c,) = holdings.router("r2", "c")

    rules = holdings.rules()

    assert set(rules.routes) == {(a, a), (a, b), (b, a), (b, b), (c, c)}
    assert set(rules.uplinks) == {a, b}


@pytest.mark.parametrize(
    ("opening", "text"),
    [
        (Opening(None, None, None, EVERYWHERE), "accept"),
        (Opening(6, 22, 22, EVERYWHERE), "meta l4proto 6 th dport 22-22 accept"),
        (Opening(17, None, None, ("10.0.0.1",)), "ip saddr { 10.0.0.1 } meta l4proto 17 accept"),
        (Opening(1, 8, 0, EVERYWHERE), "meta l4proto 1 icmp type 8 icmp code 0 accept"),
        (Opening(1, 8, None, EVERYWHERE), "meta l4proto 1 icmp type 8 accept"),
    ],
)
def test_an_opening_becomes_one_nftables_rule(opening: Opening, text: str) -> None:
    assert ruleset._opening(opening, "saddr") == text


def test_the_chains_of_a_deleted_port_are_removed(holdings: Holdings) -> None:
    group = holdings.group("g", holdings.rule())
    port = holdings.machine("one", "10.77.0.11", group)
    tap = names.tap(port["id"])
    assert f"chain arriving-{tap}" in ruleset.render(holdings.rules())

    del holdings.ports[port["id"]]

    text = ruleset.render(holdings.rules())
    assert tap not in text
    assert group not in text
