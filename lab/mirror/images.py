"""OCI images of upstream's programs: manifest and configuration, computed from their layers."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.mirror.layers import Layer

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+zstd"
EPOCH = "1970-01-01T00:00:00Z"
VERSION_LABEL = "org.opencontainers.image.version"
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def digest(data: bytes) -> str:
    """Digest of these bytes in a registry."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _json(document: object) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Image:
    """One image for linux/amd64 under its upstream name."""

    name: str
    """Repository with the host of upstream's registry, as in a pod: `registry.k8s.io/pause`."""
    tag: str
    layers: tuple[Layer, ...]
    entrypoint: tuple[str, ...] = ()
    user: str = ""
    env: tuple[str, ...] = field(default=(PATH,))
    version: str = ""
    """Version of the program inside, if the tag is of another."""

    @property
    def reference(self) -> str:
        """Reference of the image in a pod."""
        return f"{self.name}:{self.tag}"

    @cached_property
    def config(self) -> bytes:
        """The image's configuration, one history line for each layer."""
        process = {
            "Entrypoint": list(self.entrypoint),
            "Env": list(self.env),
            "Labels": {VERSION_LABEL: self.version} if self.version else {},
            "User": self.user,
            "WorkingDir": "/",
        }
        return _json(
            {
                "architecture": "amd64",
                "os": "linux",
                "created": EPOCH,
                "config": {key: value for key, value in process.items() if value},
                "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in self.layers]},
                "history": [{"created": EPOCH, "created_by": "foreground"} for _ in self.layers],
            }
        )

    @cached_property
    def manifest(self) -> bytes:
        """Manifest: its digest is the image's."""
        return _json(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST_TYPE,
                "config": {
                    "mediaType": CONFIG_TYPE,
                    "digest": digest(self.config),
                    "size": len(self.config),
                },
                "layers": [
                    {"mediaType": LAYER_TYPE, "digest": layer.digest, "size": layer.size}
                    for layer in self.layers
                ],
            }
        )
