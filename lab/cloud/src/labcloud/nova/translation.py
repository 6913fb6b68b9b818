"""Translation of Nova's server objects into a machine description.

Nova's objects are read as what they are to any reader, mappings and attributes, so that nothing
of Nova is imported here.
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


def machine(  # noqa: PLR0913  # Nova says it in as many parts
    settings: Settings,
    instance: Any,
    *,
    host: str,
    tree: Path,
    network_info: Iterable[Mapping[str, Any]] | None,
    block_device_info: Mapping[str, Any] | None,
) -> Machine:
    """Describe a new machine.

    Args:
        settings: of the site.
        instance: Nova's server.
        host: name of the compute host that has it.
        tree: its unpacked image.
        network_info: its ports.
        block_device_info: its volumes.
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
    """Describe a machine that starts again, with the ports and volumes that it has by now."""
    return replace(known, vifs=_vifs(network_info), disks=_disks(block_device_info))


def disk(connection_info: Mapping[str, Any], device: str) -> Disk:
    """Describe a volume.

    Args:
        connection_info: Cinder's word on how to reach it.
        device: the name that Nova gave it, as ``/dev/vdb``.
    """
    data = connection_info["data"]
    return Disk(
        volume_id=str(data["volume_id"]),
        file=str(data["device_path"]),
        name=device.rpartition("/")[2],
    )


def user_data(instance: Any) -> bytes:
    """Return a server's user data as its user wrote it."""
    return base64.b64decode(instance.user_data or "")


def _vifs(network_info: Iterable[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    # Nova's models are dictionaries of dictionaries, with some classes of its own in between
    plain: list[dict[str, Any]] = json.loads(json.dumps(list(network_info or ()), default=str))
    return plain


def _disks(block_device_info: Mapping[str, Any] | None) -> list[Disk]:
    volumes = (block_device_info or {}).get("block_device_mapping") or ()
    return [disk(volume["connection_info"], volume["mount_device"]) for volume in volumes]
