"""Volumes: the data that outlives every machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
from pulumi_openstack import blockstorage, compute

from infra import names

if TYPE_CHECKING:
    from infra.site import Site
    from infra.site.storage import Storage

    from .servers import Machine

__all__ = ["DataVolume"]


class DataVolume(pulumi.ComponentResource):
    """The homes' volume, and its place in the storage machine.

    The volume depends on nothing and is protected: `pulumi destroy --exclude-protected` leaves it,
    alone, in the cloud and in the stack, and the next `pulumi up` attaches it again.

    Args:
        name: Unique within the stack.
        site: The whole site.
        wanted: Its ``storage`` section.
        machine: The storage machine.
        opts: Must carry the provider of the site's cloud.

    Attributes:
        volume_id: Of the volume; the disk's serial begins with it.
        attachment: Depend on it to find the disk in the machine.
    """

    volume_id: pulumi.Output[str]
    attachment: pulumi.Resource

    def __init__(
        self,
        name: str,
        site: Site,
        wanted: Storage,
        machine: Machine,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("foreground:machines:DataVolume", name, None, opts)
        volume = blockstorage.Volume(
            name,
            name=names.in_cloud(site.name, name),
            size=wanted.size,
            enable_online_resize=True,  # a volume grows while people work
            opts=pulumi.ResourceOptions(parent=self, protect=wanted.protect),
        )
        self.attachment = compute.VolumeAttach(
            name,
            instance_id=machine.server.id,
            volume_id=volume.id,
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        self.volume_id = volume.id
        self.register_outputs({"volumeId": self.volume_id})
