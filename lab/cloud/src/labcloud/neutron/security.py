"""Packet filter model: ports, security groups and routers of Neutron as plain data, no I/O."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from labcloud.neutron import names

__all__ = ["FilteredPort", "Group", "Opening", "PacketFilter", "read"]

Resource = Mapping[str, Any]
"""A Neutron resource as its plugin returns it."""

EVERYWHERE = "0.0.0.0/0"
ROUTER_INTERFACE = "network:router_interface"
ROUTER_GATEWAY = "network:router_gateway"
PROTOCOLS = {  # the names in Neutron's API; it also allows numbers
    "icmp": 1, "igmp": 2, "ipip": 4, "tcp": 6, "egp": 8, "udp": 17, "dccp": 33, "rsvp": 46,
    "gre": 47, "esp": 50, "ah": 51, "ospf": 89, "pgm": 113, "vrrp": 112, "sctp": 132,
    "udplite": 136,
}  # fmt: skip


@dataclass(frozen=True)
class Opening:
    """What one security group rule accepts; ``None`` means any."""

    protocol: int | None
    first: int | None
    """First port; for ICMP the type."""
    last: int | None
    """Last port; for ICMP the code."""
    peers: tuple[str, ...]
    """Prefixes on the other side: sources of an ingress rule, destinations of an egress rule."""


@dataclass(frozen=True)
class Group:
    """A security group: everything is refused that no opening accepts."""

    id: str
    ingress: tuple[Opening, ...]
    egress: tuple[Opening, ...]


@dataclass(frozen=True)
class FilteredPort:
    """A machine's port: its allowed source addresses and its security groups."""

    tap: str
    bridge: str
    number: int
    """28 bits of the port's id, used as packet mark in both tables."""
    addresses: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]
    """Allowed source addresses as (MAC, prefix): its own, and its allowed address pairs."""
    groups: tuple[str, ...]
    secured: bool
    """False if port security is off: all its packets are accepted."""


@dataclass(frozen=True)
class PacketFilter:
    """Packet filter of the site's namespace."""

    ports: tuple[FilteredPort, ...]
    groups: tuple[Group, ...]
    routes: tuple[tuple[str, str], ...]
    """Pairs of bridges that a router of the user connects."""
    uplinks: tuple[str, ...]
    """Bridges of networks whose router has a gateway: they reach the lab's DNS and mirror."""


def read(
    ports: Iterable[Resource],
    groups: Iterable[Resource],
    address_groups: Iterable[Resource] = (),
) -> PacketFilter:
    """Return the packet filter for Neutron's resources.

    It is for IPv4 only: IPv6 rules and addresses are ignored, and a secured port sends no IPv6.
    """
    ports = list(ports)
    machines = [port for port in ports if not port["device_owner"].startswith("network:")]
    prefixes = {group["id"]: _collapse(group["addresses"]) for group in address_groups}
    prefixes |= _members(machines)
    used = {group for port in machines for group in port["security_groups"]}
    return PacketFilter(
        ports=tuple(sorted(map(_port, machines), key=lambda port: port.tap)),
        groups=tuple(
            _group(group, prefixes)
            for group in sorted(groups, key=lambda group: str(group["id"]))
            if group["id"] in used
        ),
        routes=tuple(sorted(_routes(ports))),
        uplinks=tuple(sorted(_uplinks(ports))),
    )


def _port(port: Resource) -> FilteredPort:
    own = [(port["mac_address"], address) for address in _addresses(port["fixed_ips"])]
    pairs = [
        (pair.get("mac_address") or port["mac_address"], address)
        for pair in port.get("allowed_address_pairs", ())
        for address in _addresses([pair])
    ]
    secured = port.get("port_security_enabled", True)
    return FilteredPort(
        tap=names.tap(port["id"]),
        bridge=names.bridge(port["network_id"]),
        number=int(port["id"].replace("-", "")[:7], 16),
        addresses=tuple(address for _, address in own),
        sources=_sources(own + pairs) if secured else (),
        groups=tuple(sorted(port["security_groups"])) if secured else (),
        secured=secured,
    )


def _group(group: Resource, prefixes: Mapping[str, tuple[str, ...]]) -> Group:
    openings: dict[str, list[Opening]] = {"ingress": [], "egress": []}
    for rule in group["security_group_rules"]:
        if rule["ethertype"] == "IPv4" and (peers := _peers(rule, prefixes)):
            protocol = _protocol(rule["protocol"])
            first, last = rule["port_range_min"], rule["port_range_max"]
            openings[rule["direction"]].append(Opening(protocol, first, last, peers))
    return Group(group["id"], tuple(openings["ingress"]), tuple(openings["egress"]))


def _peers(rule: Resource, prefixes: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the remote prefixes of a rule; none if its remote group has no member."""
    remote = rule.get("remote_group_id") or rule.get("remote_address_group_id")
    if remote:
        return prefixes.get(remote, ())
    return (str(ipaddress.IPv4Network(rule["remote_ip_prefix"] or EVERYWHERE, strict=False)),)


def _protocol(name: str | int | None) -> int | None:
    if name is None or name in ("any", "0", 0):
        return None
    return PROTOCOLS[name] if name in PROTOCOLS else int(name)


def _members(machines: Iterable[Resource]) -> dict[str, tuple[str, ...]]:
    """Return the addresses of each group's members, allowed address pairs included."""
    members: defaultdict[str, list[str]] = defaultdict(list)
    for port in machines:
        addresses = _addresses([*port["fixed_ips"], *port.get("allowed_address_pairs", ())])
        for group in port["security_groups"]:
            members[group] += addresses
    return {group: _collapse(addresses) for group, addresses in members.items()}


def _routes(ports: Iterable[Resource]) -> Iterator[tuple[str, str]]:
    legs = defaultdict(set)
    for port in ports:
        if port["device_owner"] == ROUTER_INTERFACE:
            legs[port["device_id"]].add(names.bridge(port["network_id"]))
    for bridges in legs.values():
        yield from ((near, far) for near in bridges for far in bridges)


def _uplinks(ports: Iterable[Resource]) -> set[str]:
    ports = list(ports)
    routers = {port["device_id"] for port in ports if port["device_owner"] == ROUTER_GATEWAY}
    return {
        names.bridge(port["network_id"])
        for port in ports
        if port["device_owner"] == ROUTER_INTERFACE and port["device_id"] in routers
    }


def _addresses(entries: Iterable[Resource]) -> list[str]:
    return [str(entry["ip_address"]) for entry in entries if ":" not in str(entry["ip_address"])]


def _collapse(addresses: Iterable[str]) -> tuple[str, ...]:
    networks = [ipaddress.IPv4Network(text, strict=False) for text in addresses if ":" not in text]
    return tuple(map(str, ipaddress.collapse_addresses(networks)))


def _sources(claims: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Merge overlapping prefixes of one MAC: the kernel's sets refuse overlaps."""
    by_mac = defaultdict(list)
    for mac, address in claims:
        by_mac[mac.lower()].append(address)
    return tuple((mac, prefix) for mac in sorted(by_mac) for prefix in _collapse(by_mac[mac]))
