"""Section `storage`: the data volume, and the NFS server of the homes."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from .section import Capability

__all__ = ["Storage"]


class Storage(Capability):
    """The homes' volume and server; needs a machine of role storage."""

    on_cluster: ClassVar[bool] = False

    size: int = Field(ge=1, description="Size of the data volume, in GiB")
    server: Literal["kernel", "ganesha"] = Field(default="kernel", description="NFS server")
    protect: bool = Field(
        default=True, description="Whether Pulumi refuses to delete the volume; false loses homes"
    )
