"""Ports of floating IPs that the host may reach, as routes for the lab's forwarder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from labcloud.neutron.security import EVERYWHERE, Group, Opening, Resource, read

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["Exposed", "exposed", "write"]

Exposed = tuple[str, int, str, int]
"""(floating IP, port, fixed IP, port)"""

TCP = 6
WIDEST = 64
"""A rule that opens more ports than this is not forwarded: each port needs a listener."""


def exposed(
    floating_ips: Iterable[Resource], ports: Iterable[Resource], groups: Iterable[Resource]
) -> list[Exposed]:
    """Return every TCP port of a floating IP that a security group opens to 0.0.0.0/0.

    The host represents the network outside the cloud, so rules for smaller prefixes do not count.
    """
    ports = list(ports)
    openings = {group.id: _open_to_all(group) for group in read(ports, groups).groups}
    of_port = {port["id"]: port["security_groups"] for port in ports}
    return sorted(
        {
            (floating["floating_ip_address"], number, floating["fixed_ip_address"], number)
            for floating in floating_ips
            for group in of_port.get(floating["port_id"], ())
            for number in openings[group]
        }
    )


def write(path: Path, entries: list[Exposed]) -> None:
    """Replace the forwarder's file atomically, unless it has this content."""
    text = json.dumps(entries)
    if path.exists() and path.read_text() == text:
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = path.with_suffix(".new")
    aside.write_text(text)
    aside.replace(path)


def _open_to_all(group: Group) -> list[int]:
    return [port for opening in group.ingress for port in _listeners(opening)]


def _listeners(opening: Opening) -> range:
    first, last = opening.first, opening.last
    if opening.protocol != TCP or opening.peers != (EVERYWHERE,) or first is None or last is None:
        return range(0)
    return range(first, last + 1) if last - first < WIDEST else range(0)
