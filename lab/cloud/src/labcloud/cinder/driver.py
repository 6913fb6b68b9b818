"""Cinder volume driver: a volume is a sparse file, its connection is the path of the file."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from cinder import exception, interface
from cinder.volume import driver
from oslo_log import log

from labcloud.cinder import loops

__all__ = ["FileVolumeDriver"]

LOG = log.getLogger(__name__)


@interface.volumedriver
class FileVolumeDriver(driver.VolumeDriver):  # type: ignore[misc]  # untyped base
    """Sparse files in ``volumes_dir``; a machine's supervisor opens them as loop devices."""

    VERSION = "1.0"
    CI_WIKI_NAME = "none"

    def check_for_setup_error(self) -> None:
        """Create the folder of the volumes."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def create_volume(self, volume: Any) -> None:
        """Create a sparse file of the volume's size."""
        self._file(volume).touch(mode=0o600)
        self._resize(volume, volume.size)

    def extend_volume(self, volume: Any, new_size: int) -> None:
        """Enlarge the file."""
        self._resize(volume, new_size)

    def delete_volume(self, volume: Any) -> None:
        """Remove the file, unless a machine still has it open.

        Raises:
            VolumeIsBusy: The file is open as a loop device; the volume is unchanged.
        """
        file = self._file(volume)
        if device := loops.device_of(file):
            LOG.error("volume %s is still open as %s and is not deleted", volume.name, device)
            raise exception.VolumeIsBusy(volume_name=volume.name)
        if not file.exists():
            LOG.warning("volume %s has no file: nothing to delete", volume.name)
        file.unlink(missing_ok=True)

    def create_snapshot(self, snapshot: Any) -> None:
        """Copy the volume's file."""
        self._copy(self._file(snapshot.volume), self._file(snapshot))

    def delete_snapshot(self, snapshot: Any) -> None:
        """Remove the copy."""
        self.delete_volume(snapshot)

    def create_volume_from_snapshot(self, volume: Any, snapshot: Any) -> None:
        """Copy the snapshot's file, and enlarge it if the volume is larger."""
        self._copy(self._file(snapshot), self._file(volume))
        self._resize(volume, volume.size)

    def create_cloned_volume(self, volume: Any, src_vref: Any) -> None:
        """Copy the other volume's file, and enlarge it if the volume is larger."""
        self._copy(self._file(src_vref), self._file(volume))
        self._resize(volume, volume.size)

    def clone_image(
        self,
        context: Any,
        volume: Any,
        image_location: Any,  # noqa: ARG002  # required by Cinder's interface
        image_meta: Any,
        image_service: Any,
    ) -> tuple[dict[str, str] | None, bool]:
        """Write a raw image to a volume; Cinder's own code for it needs qemu-img and sudo."""
        if image_meta.get("disk_format") != "raw":
            return None, False
        file = self._file(volume)
        file.touch(mode=0o600)
        with file.open("wb") as to:
            image_service.download(context, image_meta["id"], to)
        self._resize(volume, volume.size)
        return {"provider_location": str(file)}, True

    def ensure_export(self, context: Any, volume: Any) -> None:
        """Do nothing: a file needs no export."""

    def create_export(self, context: Any, volume: Any, connector: Any) -> None:
        """Do nothing: a file needs no export."""

    def remove_export(self, context: Any, volume: Any) -> None:
        """Do nothing: a file needs no export."""

    def initialize_connection(self, volume: Any, connector: Any) -> dict[str, Any]:  # noqa: ARG002
        """Return the path of the file: all compute hosts are this machine."""
        return {
            "driver_volume_type": "local",
            "data": {
                "device_path": str(self._file(volume)),
                "volume_id": volume.id,
                "access_mode": "rw",
            },
        }

    def terminate_connection(self, volume: Any, connector: Any, **more: Any) -> None:
        """Do nothing: the machine's supervisor has closed the file."""

    def _update_volume_stats(self) -> None:
        """Report infinite capacity: the files are sparse, and a full disk gives its own error."""
        name = self.configuration.volume_backend_name
        pool = {
            "pool_name": name,
            "total_capacity_gb": "infinite",
            "free_capacity_gb": "infinite",
            "reserved_percentage": 0,
            "multiattach": False,
            "QoS_support": False,
            "thin_provisioning_support": True,
        }
        self._stats = {
            "volume_backend_name": name,
            "vendor_name": "Foreground",
            "driver_version": self.VERSION,
            "storage_protocol": "local",
            "pools": [pool],
        }

    @property
    def _folder(self) -> Path:
        return Path(self.configuration.volumes_dir)

    def _file(self, volume: Any) -> Path:
        return self._folder / str(volume.name)

    def _resize(self, volume: Any, gib: int) -> None:
        with self._file(volume).open("r+b") as file:
            file.truncate(gib << 30)

    def _copy(self, source: Path, target: Path) -> None:
        """Copy a file with its holes; share its blocks if the file system supports it."""
        copy = ["cp", "--sparse=always", "--reflink=auto", "--", str(source), str(target)]
        subprocess.run(copy, check=True, capture_output=True)
