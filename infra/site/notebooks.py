"""Section `notebooks`: JupyterHub, and the size of people's sessions."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from .section import Capability

__all__ = ["Notebooks"]


class Notebooks(Capability):
    """JupyterHub: people's sessions."""

    needs: ClassVar[tuple[str, ...]] = ("identity", "ingress", "storage")
    databases: ClassVar[tuple[str, ...]] = ("hub",)
    worker_images: ClassVar[tuple[str, ...]] = ("notebooks/session",)

    millicpus: int = Field(
        default=500, ge=10, description="What a session is sure of, in thousandths of a CPU"
    )
    memory: int = Field(default=2048, ge=128, description="Memory of a session, in MiB")
    patience: int = Field(
        default=300, ge=30, description="Seconds that a session has to start, until it fails"
    )
