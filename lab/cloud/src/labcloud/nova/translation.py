"""Translation of Nova's server objects into a machine description.

Nova's objects are read as mappings and attributes, so that this module does not import Nova.
"""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from labcloud.nova import devices
from labcloud.nova.description import Disk, Machine

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from labcloud.settings import Settings

__all__ = ["disk", "machine", "resumed", "user_data"]


def machine(  # noqa: PLR0913  # Nova passes these objects
    settings: Settings,
    instance: Any,
    *,
    host: str,
    tree: Path,
    network_info: Iterable[Mapping[str, Any]] | None,
    block_device_info: Mapping[str, Any] | None,
) -> Machine:
    """Return the description of a new machine.

    Args:
        settings: Settings of the site's cloud.
        instance: The server in Nova.
        host: Name of its compute host.
        tree: Folder of its unpacked image.
        network_info: Its ports.
        block_device_info: Its volumes.
    """
    return Machine(
        uuid=instance.uuid,
        hostname=instance.hostname,
        host=host,
        image=str(tree),
        memory_mib=instance.flavor.memory_mb,
        vcpus=instance.flavor.vcpus,
        accelerators=devices.accelerators_of(instance.flavor.extra_specs or {}),
        site_netns=settings.netns,
        cgroup=settings.cgroup,
        vifs=_vifs(network_info),
        disks=_disks(block_device_info),
    )


def resumed(
    known: Machine,
    network_info: Iterable[Mapping[str, Any]] | None,
    block_device_info: Mapping[str, Any] | None,
) -> Machine:
    """Return the description of an existing machine, with its current ports and volumes."""
    return replace(known, vifs=_vifs(network_info), disks=_disks(block_device_info))


def disk(connection_info: Mapping[str, Any], device: str) -> Disk:
    """Return the description of a volume.

    Args:
        connection_info: Connection properties from Cinder.
        device: Its device name from Nova, like ``/dev/vdb``.
    """
    data = connection_info["data"]
    return Disk(
        volume_id=str(data["volume_id"]),
        file=str(data["device_path"]),
        name=device.rpartition("/")[2],
    )


def user_data(instance: Any) -> bytes:
    """Return a server's decoded user data."""
    return base64.b64decode(instance.user_data or "")


def _vifs(network_info: Iterable[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    # through JSON, as Nova's models are nested subclasses of dict
    plain: list[dict[str, Any]] = json.loads(json.dumps(list(network_info or ()), default=str))
    return plain


def _disks(block_device_info: Mapping[str, Any] | None) -> list[Disk]:
    volumes = (block_device_info or {}).get("block_device_mapping") or ()
    return [disk(volume["connection_info"], volume["mount_device"]) for volume in volumes]
