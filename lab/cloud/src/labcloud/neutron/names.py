"""Names of tap devices and bridges in the site's network namespace."""

from __future__ import annotations

TAP_PREFIX = "tap"
BRIDGE_PREFIX = "brq"
ID_LENGTH = 11  # the kernel allows 15 characters; Neutron's own agents cut at the same length


def tap(port_id: str) -> str:
    """Return the name of the end of a port's veth pair in the site's namespace."""
    return TAP_PREFIX + port_id[:ID_LENGTH]


def bridge(network_id: str) -> str:
    """Return the name of a network's bridge."""
    return BRIDGE_PREFIX + network_id[:ID_LENGTH]
