"""Network links of machines: a veth pair per port, a bridge per network.

This runs in the site's network namespace, in a supervisor of labcloud. It does not import Nova: a
VIF is read as a mapping.
"""

from __future__ import annotations

import json
import socket
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from labcloud.neutron import names

__all__ = ["PlugError", "plug", "unplug"]

Vif = Mapping[str, Any]
"""One entry of Nova's network information: port id, MAC, network, subnets, addresses."""

_bridges = threading.Lock()  # a bridge is created with its first port and deleted with its last


class PlugError(Exception):
    """A link could not be created as Neutron describes it."""


def plug(machine_netns: str, vif: Vif, number: int) -> None:
    """Create the link of one port, as the interface ``eth<number>`` of a machine.

    Args:
        machine_netns: Name of the machine's network namespace, as in /run/netns.
        vif: The port as Nova describes it.
        number: Index of the port in the machine; port 0 has the default route.

    Raises:
        PlugError: An ip command failed; the link is removed again.
    """
    unplug(vif)  # remains of an interrupted start
    try:
        with _bridges:
            _ip(_bridge_commands(vif))
            _ip(_link_commands(machine_netns, vif, number))
        _ip(_inside_commands(vif, number), netns=machine_netns)
    except PlugError:
        unplug(vif)
        raise


def unplug(vif: Vif) -> None:
    """Delete the link of a port, and with the last port the bridge of the network."""
    tap, bridge = names.tap(vif["id"]), names.bridge(vif["network"]["id"])
    with _bridges:
        if _exists(tap):
            _ip([f"link delete {tap}"])
        # a bridge without ports would hold the route of its range, which the next network may use
        if _exists(bridge) and not _ports_of(bridge):
            _ip([f"link delete {bridge}"])


def _bridge_commands(vif: Vif) -> Iterator[str]:
    network_id = vif["network"]["id"]
    bridge = names.bridge(network_id)
    if not _exists(bridge):
        # a fixed MAC: otherwise the gateway's MAC would change with the ports
        mac = "fe:" + ":".join(network_id.replace("-", "")[at : at + 2] for at in range(0, 10, 2))
        yield f"link add {bridge} address {mac} type bridge forward_delay 0 mcast_snooping 0"
        yield f"link set {bridge} addrgenmode none"
        yield f"link set {bridge} up"
    for subnet in _subnets(vif):
        if gateway := _address(subnet.get("gateway")):
            yield f"address replace {gateway}/{_prefix_length(subnet)} dev {bridge}"


def _link_commands(machine_netns: str, vif: Vif, number: int) -> Iterator[str]:
    tap, bridge, mac = names.tap(vif["id"]), names.bridge(vif["network"]["id"]), vif["address"]
    mtu = (vif["network"].get("meta") or {}).get("mtu") or 1500
    peer = f"name eth{number} address {mac} mtu {mtu} netns {machine_netns}"
    yield f"link add {tap} mtu {mtu} type veth peer {peer}"
    yield f"link set {tap} master {bridge} addrgenmode none up"


def _inside_commands(vif: Vif, number: int) -> Iterator[str]:
    link = f"eth{number}"
    yield "link set lo up"
    yield f"link set {link} up"
    for subnet in _subnets(vif):
        for address in subnet.get("ips") or ():
            yield f"address add {address['address']}/{_prefix_length(subnet)} dev {link}"
        for route in subnet.get("routes") or ():
            yield f"route replace {route['cidr']} via {_address(route['gateway'])}"
        gateway = _address(subnet.get("gateway"))
        if gateway and number == 0:
            yield f"route replace default via {gateway}"


def _subnets(vif: Vif) -> Iterator[Vif]:
    for subnet in vif["network"]["subnets"]:
        if ":" not in subnet["cidr"]:
            yield subnet


def _prefix_length(subnet: Vif) -> str:
    return str(subnet["cidr"]).partition("/")[2]


def _address(ip: Vif | None) -> str | None:
    return ip["address"] if ip else None


def _exists(link: str) -> bool:
    try:
        socket.if_nametoindex(link)  # /sys may show another namespace than the current one
    except OSError:
        return False
    return True


def _ports_of(bridge: str) -> list[Any]:
    shown = subprocess.run(
        ["ip", "-json", "link", "show", "master", bridge],
        capture_output=True,
        text=True,
        check=True,
    )
    return list(json.loads(shown.stdout or "[]"))


def _ip(commands: Iterable[str], netns: str | None = None) -> None:
    batch = "\n".join(commands)
    where = ["-netns", netns] if netns else []
    done = subprocess.run(
        ["ip", *where, "-batch", "-"], input=batch, text=True, capture_output=True, check=False
    )
    if done.returncode:
        raise PlugError(f"{done.stderr.strip()} (of: {batch!r})")
