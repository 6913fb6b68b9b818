"""DataVolume component: a protected Cinder volume, attached to the storage machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
from pulumi_openstack import blockstorage, compute

from infra import names

if TYPE_CHECKING:
    from infra.site import Site
    from infra.site.storage import Storage

    from .servers import ProvisionedMachine

__all__ = ["DataVolume"]


class DataVolume(pulumi.ComponentResource):
    """The volume of homes and databases, and its attachment to the storage machine.

    The volume depends on nothing and is protected: `pulumi destroy --exclude-protected` leaves it
    in the cloud and in the stack, and the next `pulumi up` attaches it again.

    Args:
        name: Unique within the stack.
        site: The complete site.
        storage: Its ``storage`` section.
        machine: The storage machine.
        opts: Must carry the provider of the site's cloud.

    Attributes:
        volume_id: Id of the volume; the disk's serial number is the beginning of it.
        attachment: Depend on it to find the disk in the machine.
    """

    volume_id: pulumi.Output[str]
    attachment: pulumi.Resource

    def __init__(
        self,
        name: str,
        site: Site,
        storage: Storage,
        machine: ProvisionedMachine,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("foreground:machines:DataVolume", name, None, opts)
        volume = blockstorage.Volume(
            name,
            name=names.in_cloud(site.name, name),
            size=storage.size,
            enable_online_resize=True,  # a volume grows while people work
            opts=pulumi.ResourceOptions(parent=self, protect=storage.protect),
        )
        self.attachment = compute.VolumeAttach(
            name,
            instance_id=machine.server.id,
            volume_id=volume.id,
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        self.volume_id = volume.id
        self.register_outputs({"volumeId": self.volume_id})
