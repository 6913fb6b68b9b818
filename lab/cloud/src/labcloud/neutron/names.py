"""Names of tap devices and bridges in the site's network namespace."""

from __future__ import annotations

TAP_PREFIX = "tap"
BRIDGE_PREFIX = "brq"
ID_LENGTH = 11  # the kernel takes 15 characters; Neutron's own agents cut the same way


def tap(port_id: str) -> str:
    """Return the name of the site's end of a port's link."""
    return TAP_PREFIX + port_id[:ID_LENGTH]


def bridge(network_id: str) -> str:
    """Return the name of a network's bridge."""
    return BRIDGE_PREFIX + network_id[:ID_LENGTH]
