"""Images that the toolchain built from Containerfiles: OCI layouts, pushed unchanged."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lab.mirror.layers import Layer

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The only image of an OCI layout, with its name in the registry."""

    name: str
    tag: str
    folder: Path

    @property
    def reference(self) -> str:
        """Reference of the image, without the registry's host."""
        return f"{self.name}:{self.tag}"

    @cached_property
    def manifest(self) -> bytes:
        """The manifest, byte for byte: its digest is the image's."""
        index = json.loads((self.folder / "index.json").read_text())
        (only,) = index["manifests"]
        return self._blob(only["digest"]).read_bytes()

    @cached_property
    def config(self) -> bytes:
        """The configuration, byte for byte."""
        return self._blob(self._manifest["config"]["digest"]).read_bytes()

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The layers, from the lowest."""
        unpacked = json.loads(self.config)["rootfs"]["diff_ids"]
        return tuple(
            Layer(self._blob(layer["digest"]), layer["digest"], layer["size"], diff_id)
            for layer, diff_id in zip(self._manifest["layers"], unpacked, strict=True)
        )

    @property
    def _manifest(self) -> dict[str, Any]:
        manifest: dict[str, Any] = json.loads(self.manifest)
        return manifest

    def _blob(self, digest: str) -> Path:
        algorithm, _, name = digest.partition(":")
        return self.folder / "blobs" / algorithm / name
