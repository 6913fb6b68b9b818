"""Section `notebooks`: JupyterHub, and CPU, memory and start timeout of a session."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from .capability import Capability

__all__ = ["Notebooks"]


class Notebooks(Capability):
    """JupyterHub, which starts one notebook server (session) for each person."""

    needs: ClassVar[tuple[str, ...]] = ("identity", "ingress", "storage")
    databases: ClassVar[tuple[str, ...]] = ("hub",)
    worker_images: ClassVar[tuple[str, ...]] = ("notebooks/session",)

    millicpus: int = Field(
        default=500,
        ge=10,
        description="CPU request of a session, in thousandths of a CPU; there is no limit",
    )
    memory: int = Field(
        default=2048, ge=128, description="Memory request and limit of a session, in MiB"
    )
    patience: int = Field(
        default=300,
        ge=30,
        description="Seconds until a session that does not start counts as failed",
    )
