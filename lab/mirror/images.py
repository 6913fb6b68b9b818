"""OCI images: what manifest and configuration say, computed from layers; no daemon, no build."""

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
    """How a registry names these bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _json(document: object) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Image:
    """One image for linux/amd64 under its upstream name."""

    name: str
    """With the upstream registry's host, as a pod names it: `registry.k8s.io/pause`."""
    tag: str
    layers: tuple[Layer, ...]
    entrypoint: tuple[str, ...] = ()
    user: str = ""
    env: tuple[str, ...] = field(default=(PATH,))
    version: str = ""
    """Upstream's version of the program inside, where the tag does not say it."""

    @property
    def reference(self) -> str:
        """As a pod names it."""
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
        """What a client of the registry asks for first; its digest is the image's."""
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
