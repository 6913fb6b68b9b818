"""Nova compute driver class: every server is a systemd-nspawn machine on this host.

Each machine runs under a supervisor process of its own (`supervisor`), so that a restart of Nova
does not affect it: the driver finds the machines again by their folders.
"""

# ruff: noqa: ARG002, FBT001, FBT002, PLR0913, PLR0917  # the signatures are Nova's

from __future__ import annotations

import shutil
import subprocess
import uuid
from typing import TYPE_CHECKING, Any

import nova.conf
from nova import exception
from nova.compute import power_state
from nova.image import glance
from nova.virt import driver, event, hardware
from oslo_log import log

from labcloud import settings
from labcloud.nova import (
    capacity,
    description,
    disks,
    first_boot,
    folders,
    image,
    power_watch,
    root,
    supervision,
    translation,
)
from labcloud.nova.description import Layout, Machine

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["MachineDriver"]

CONF = nova.conf.CONF
LOG = log.getLogger(__name__)
SOFT_REBOOT_PATIENCE = 30.0
CONSOLE_TAIL = 100 << 10
FAILURES = (supervision.MachineError, image.ImageError, OSError, subprocess.SubprocessError)


class MachineDriver(driver.ComputeDriver):  # type: ignore[misc]  # untyped base
    """Driver of one compute host. Several are in one process, and differ by name only."""

    capabilities = {  # noqa: RUF012  # as in the base class
        **driver.ComputeDriver.capabilities,
        "supports_image_type_raw": True,
    }

    def __init__(self, virtapi: Any) -> None:
        """Load the settings; Nova passes the name of the host to `init_host`."""
        super().__init__(virtapi)
        self._settings = settings.load()
        self._host = ""
        self._machines = folders.machines(self._settings)
        self._images = folders.images(self._settings)

    # --- the host --------------------------------------------------------------------------

    def init_host(self, host: str) -> None:
        """Watch the running machines; start none, as Nova decides which ones should run."""
        self._host = host
        for folder in (self._machines, self._images):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        running = [known for known in self.list_instance_uuids() if self._runs(known)]
        for machine_uuid in running:
            self._watch(machine_uuid)
        LOG.info("machines running on %s: %s", host, running)

    def process_instances_at_startup(self, context: Any, instances: Any) -> Any:
        """Report to Nova the machines that powered off while it was not running."""
        for instance in instances:
            if instance.power_state == power_state.RUNNING and not self._runs(instance.uuid):
                self._report_power_off(instance.uuid)
        return instances

    def get_available_nodes(self, refresh: bool = False) -> list[str]:
        """Return the only node of this host, which has the host's name."""
        return [self._host]

    def get_nodenames_by_uuid(self, refresh: bool = False) -> dict[str, str]:
        """Return the node by its UUID, which is derived from its name."""
        return {self._node_uuid(): self._host}

    def get_available_resource(self, nodename: str) -> dict[str, Any]:
        """Return the resources of the node."""
        amount = capacity.Capacity.of_this_computer()
        return capacity.resource(nodename, self._node_uuid(), amount, self._mine(), self._machines)

    def update_provider_tree(
        self, provider_tree: Any, nodename: str, allocations: Any = None
    ) -> None:
        """Update the inventory in Placement; the provider configuration adds the accelerators."""
        ratios = self._get_allocation_ratios(provider_tree.data(nodename).inventory)
        reserved = {
            "VCPU": CONF.reserved_host_cpus,
            "MEMORY_MB": CONF.reserved_host_memory_mb,
            "DISK_GB": self._get_reserved_host_disk_gb_from_config(),
        }
        offer = capacity.inventory(capacity.Capacity.of_this_computer(), ratios, reserved)
        provider_tree.update_inventory(nodename, offer)

    def get_host_ip_addr(self) -> str:
        """Return the address of all compute hosts."""
        return str(CONF.my_ip)

    def get_host_uptime(self) -> str:
        """Return the output of uptime."""
        return subprocess.run(["uptime"], capture_output=True, text=True, check=True).stdout

    def get_volume_connector(self, instance: Any) -> dict[str, Any]:
        """Return the connector properties of this host."""
        return {"ip": CONF.my_block_storage_ip, "initiator": instance.uuid, "host": self._host}

    # --- machines --------------------------------------------------------------------------

    def list_instances(self) -> list[str]:
        """Return the names of this host's machines, which are their UUIDs."""
        return self.list_instance_uuids()

    def list_instance_uuids(self) -> list[str]:
        """Return the UUIDs of this host's machines."""
        return [machine.uuid for machine in self._mine()]

    def instance_exists(self, instance: Any) -> bool:
        """Return whether this computer has the machine."""
        return Layout(self._folder(instance)).description.is_file()

    def get_info(self, instance: Any, use_cache: bool = True) -> hardware.InstanceInfo:
        """Return the power state of a machine."""
        if not self.instance_exists(instance):
            raise exception.InstanceNotFound(instance_id=instance.uuid)
        state = power_state.RUNNING if self._runs(instance.uuid) else power_state.SHUTDOWN
        return hardware.InstanceInfo(state=state, internal_id=instance.uuid)

    def get_console_output(self, context: Any, instance: Any) -> bytes:
        """Return the end of the machine's console output."""
        try:
            printed = Layout(self._folder(instance)).console.read_bytes()
        except FileNotFoundError:
            return b""
        return printed[-CONSOLE_TAIL:].replace(b"\r", b"")

    # --- life ------------------------------------------------------------------------------

    def spawn(
        self,
        context: Any,
        instance: Any,
        image_meta: Any,
        injected_files: Any,
        admin_password: Any,
        allocations: Any,
        network_info: Any = None,
        block_device_info: Any = None,
        power_on: bool = True,
        accel_info: Any = None,
    ) -> None:
        """Create a machine from its image and start it."""
        folder = self._folder(instance)
        try:
            machine = translation.machine(
                self._settings,
                instance,
                host=self._host,
                tree=self._tree(context, image_meta),
                network_info=network_info,
                block_device_info=block_device_info,
            )
            _make(folder, machine, instance)
            if power_on:
                self._start(folder)
        except FAILURES as error:
            self._remove(folder)
            # a retry on another host would fail too: all are this computer
            raise exception.BuildAbortException(
                instance_uuid=instance.uuid, reason=str(error)
            ) from error

    def destroy(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        block_device_info: Any = None,
        destroy_disks: bool = True,
        destroy_secrets: bool = True,
    ) -> None:
        """Stop a machine and remove its files; its volumes are unchanged."""
        self._remove(self._folder(instance))

    def cleanup(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        block_device_info: Any = None,
        destroy_disks: bool = True,
        migrate_data: Any = None,
        destroy_vifs: bool = True,
        destroy_secrets: bool = True,
    ) -> None:
        """Complete an interrupted `destroy`."""
        self.destroy(
            context, instance, network_info, block_device_info, destroy_disks, destroy_secrets
        )

    def power_on(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        block_device_info: Any = None,
        accel_info: Any = None,
        share_info: Any = None,
    ) -> None:
        """Start a machine with its current ports and volumes."""
        try:
            self._restart(instance, network_info, block_device_info, patience=0.0)
        except FAILURES as error:
            raise exception.InstancePowerOnFailure(reason=str(error)) from error

    def power_off(self, instance: Any, timeout: int = 0, retry_interval: int = 0) -> None:
        """Stop a machine: an orderly shutdown if there is a timeout, otherwise immediately."""
        try:
            supervision.stop(self._folder(instance), float(timeout))
        except FAILURES as error:
            raise exception.InstancePowerOffFailure(reason=str(error)) from error

    def reboot(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        reboot_type: str,
        block_device_info: Any = None,
        bad_volumes_callback: Any = None,
        accel_info: Any = None,
        share_info: Any = None,
    ) -> None:
        """Restart a machine; SOFT shuts it down in order first."""
        patience = SOFT_REBOOT_PATIENCE if reboot_type == "SOFT" else 0.0
        try:
            self._restart(instance, network_info, block_device_info, patience)
        except FAILURES as error:
            raise exception.InstanceRebootFailure(reason=str(error)) from error

    def resume_state_on_host_boot(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        share_info: Any,
        block_device_info: Any = None,
    ) -> None:
        """Start a machine that ran when the computer was shut down."""
        self.power_on(context, instance, network_info, block_device_info, share_info=share_info)

    def snapshot(self, context: Any, instance: Any, image_id: str, update_task_state: Any) -> None:
        """Refuse a snapshot: images are built from a recipe only.

        Raises:
            NovaException: Always; the server's action log shows it.
        """
        raise exception.NovaException(
            f"server {instance.uuid} cannot become an image: this cloud makes no snapshots"
        )

    # --- ports and volumes -----------------------------------------------------------------

    def plug_vifs(self, instance: Any, network_info: Any) -> None:
        """Do nothing: the supervisor creates the links when the machine starts."""

    def unplug_vifs(self, instance: Any, network_info: Any) -> None:
        """Do nothing: the supervisor deletes the links when the machine stops."""

    def default_root_device_name(self, instance: Any, image_meta: Any, root_bdm: Any) -> str:
        """Return the root device name of virtio disks, so that volumes are vdb, vdc, ..."""
        return "/dev/vda"

    def attach_volume(
        self,
        context: Any,
        connection_info: Mapping[str, Any],
        instance: Any,
        mountpoint: str,
        disk_bus: Any = None,
        device_type: Any = None,
        encryption: Any = None,
    ) -> None:
        """Attach a volume to a machine, immediately if it runs."""
        volume = translation.disk(connection_info, mountpoint)
        try:
            disks.attach(self._folder(instance), volume)
        except FAILURES as error:
            raise exception.VolumeAttachFailed(
                volume_id=volume.volume_id, reason=str(error)
            ) from error

    def detach_volume(
        self,
        context: Any,
        connection_info: Mapping[str, Any],
        instance: Any,
        mountpoint: str,
        encryption: Any = None,
    ) -> None:
        """Detach a volume from a machine, unless the machine has it mounted."""
        if not self.instance_exists(instance):
            return  # the server is being deleted, and its machine is removed already
        volume = translation.disk(connection_info, mountpoint)
        try:
            disks.detach(self._folder(instance), volume.volume_id)
        except FAILURES as error:
            raise exception.DeviceDetachFailed(device=mountpoint, reason=str(error)) from error

    # --- internal --------------------------------------------------------------------------

    def _folder(self, instance: Any) -> Path:
        return self._machines / str(instance.uuid)

    def _mine(self) -> Iterable[Machine]:
        for path in sorted(self._machines.glob(f"*/{Layout.DESCRIPTION}")):
            try:
                machine = description.read(path.parent)
            except FileNotFoundError:
                continue  # deleted after it was listed
            if machine.host == self._host:
                yield machine

    def _node_uuid(self) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{self._host}.{self._settings.site}"))

    def _tree(self, context: Any, image_meta: Any) -> Path:
        if not image_meta.obj_attr_is_set("id") or not image_meta.id:
            raise image.ImageError("this cloud boots servers from images, not from volumes")

        def download(archive: Path) -> None:
            glance.API().download(context, image_meta.id, dest_path=str(archive))

        return image.unpacked(self._images, image_meta.id, download)

    def _start(self, folder: Path) -> None:
        supervision.start(folder)
        self._watch(folder.name)

    def _restart(
        self, instance: Any, network_info: Any, block_device_info: Any, patience: float
    ) -> None:
        folder = self._folder(instance)
        supervision.stop(folder, patience)
        known = description.read(folder)
        description.write(folder, translation.resumed(known, network_info, block_device_info))
        self._start(folder)

    def _runs(self, machine_uuid: str) -> bool:
        return supervision.find(self._machines / machine_uuid) is not None

    def _watch(self, machine_uuid: str) -> None:
        power_watch.watch(self._machines / machine_uuid, self._report_power_off)

    def _report_power_off(self, machine_uuid: str) -> None:
        stopped = event.LifecycleEvent(machine_uuid, event.EVENT_LIFECYCLE_STOPPED)
        self.emit_event(stopped)  # Nova then reads the state again, as the machine may run again

    def _remove(self, folder: Path) -> None:
        if not folder.is_dir():
            return
        if Layout(folder).description.is_file():
            supervision.stop(folder, patience=0.0)
        shutil.rmtree(folder)


def _make(folder: Path, machine: Machine, instance: Any) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    description.write(folder, machine)
    layout = Layout(folder)
    root.make(layout, machine)
    first_boot.write(
        layout.upper,
        uuid=machine.uuid,
        hostname=machine.hostname,
        key=instance.key_data,
        user_data=translation.user_data(instance),
        vifs=machine.vifs,
    )
