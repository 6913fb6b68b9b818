"""Type tokens of Pulumi: each type of our own plugin, and OpenStack types that we look up.

The program that registers a resource, the plugin that serves it and the code that searches a
state for it use the same constant. A token is part of the state of every deployed site: it never
changes.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "ADDRESS_PAIRS",
    "ATTACHMENT",
    "CERTIFICATE",
    "MEMBER",
    "SECRET",
    "SERVER",
    "SESSIONS_FUNCTION",
    "SUBNET",
    "VOLUME",
]

MEMBER: Final = "site:index:Member"
ADDRESS_PAIRS: Final = "site:index:AddressPairs"
SECRET: Final = "site:index:Secret"  # noqa: S105 - the name of a type, not a password
CERTIFICATE: Final = "site:index:Certificate"

SESSIONS_FUNCTION: Final = "site:index:sessions"
"""Function of our plugin: the sessions that run on a member."""

SERVER: Final = "openstack:compute/instance:Instance"
SUBNET: Final = "openstack:networking/subnet:Subnet"
VOLUME: Final = "openstack:blockstorage/volume:Volume"
ATTACHMENT: Final = "openstack:compute/volumeAttach:VolumeAttach"
