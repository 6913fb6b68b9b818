"""Ports of floating IPs that the host may reach."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from labcloud.neutron import exposure

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Holdings


def exposed(holdings: Holdings, *rules: dict[str, Any]) -> list[exposure.Exposed]:
    """Return the exposed ports of a machine that has a floating IP and these rules."""
    port = holdings.machine("one", "10.77.0.11", holdings.group("g", *rules))
    floating = {
        "floating_ip_address": "127.77.0.10",
        "port_id": port["id"],
        "fixed_ip_address": "10.77.0.11",
    }
    return exposure.exposed([floating], holdings.ports.values(), holdings.groups.values())


def test_tcp_ports_that_are_open_to_all_addresses_are_exposed(holdings: Holdings) -> None:
    rules = [
        holdings.rule(protocol="tcp", ports=(6443, 6443)),
        holdings.rule(protocol="tcp", ports=(80, 81), remote_ip_prefix="0.0.0.0/0"),
    ]
    assert exposed(holdings, *rules) == [
        ("127.77.0.10", port, "10.77.0.11", port) for port in (80, 81, 6443)
    ]


def test_ports_of_other_rules_are_not_exposed(holdings: Holdings) -> None:
    group = holdings.group("g")
    rules = [
        holdings.rule("egress", protocol="tcp", ports=(1, 1)),
        holdings.rule(protocol="udp", ports=(2, 2)),
        holdings.rule(protocol="tcp", ports=(3, 3), remote_group_id=group),
        holdings.rule(protocol="tcp", ports=(4, 4), remote_ip_prefix="10.0.0.0/8"),
        holdings.rule(protocol="tcp"),
        holdings.rule(protocol="tcp", ports=(30000, 32767)),
        holdings.rule(),
    ]
    assert exposed(holdings, *rules) == []


def test_a_floating_ip_without_a_port_exposes_nothing(holdings: Holdings) -> None:
    free = {"floating_ip_address": "127.77.0.10", "port_id": None, "fixed_ip_address": None}
    assert exposure.exposed([free], holdings.ports.values(), holdings.groups.values()) == []


def test_the_route_file_is_written_only_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "forward.d" / "neutron.json"
    entries = [("127.77.0.10", 80, "10.77.0.11", 80)]
    exposure.write(path, entries)
    first = path.stat()

    exposure.write(path, entries)

    assert path.stat().st_ino == first.st_ino
    exposure.write(path, [])
    assert json.loads(path.read_text()) == []
