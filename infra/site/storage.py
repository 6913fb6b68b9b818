"""Section `storage`: the data volume and the NFS server that exports the homes."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from .capability import Capability

__all__ = ["Storage"]


class Storage(Capability):
    """Data volume with homes and databases, and its NFS server; needs one storage machine."""

    on_cluster: ClassVar[bool] = False

    size: int = Field(ge=1, description="Size of the data volume, in GiB")
    server: Literal["kernel", "ganesha"] = Field(
        default="kernel", description="NFS server program"
    )
    protect: bool = Field(
        default=True,
        description="Whether Pulumi refuses to delete the volume; with false, homes can be lost",
    )
