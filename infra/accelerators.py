"""The table of accelerator models, typed; its data is accelerators.yaml."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TABLE", "Model", "models"]

TABLE: Final = Path(__file__).with_name("accelerators.yaml")

Profile = Annotated[str, Field(pattern=r"^\dg\.\d+gb$")]
"""A MIG profile as NVIDIA writes it: compute slices, then memory."""


class Model(BaseModel):
    """One accelerator model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$",
        description="How site files name it: its key in the table",
    )
    kind: Literal["gpu", "fpga"] = Field(description="What it is, and so which role drives it")
    label: str = Field(description="Its product name, as feature discovery labels a node")
    memory: int = Field(gt=0, description="Memory of one card, in GiB")
    resource: str = Field(
        pattern=r"^[a-z.]+/[a-zA-Z0-9_.-]+$", description="What a pod asks Kubernetes for"
    )
    pci: str = Field(
        pattern=r"^[0-9a-f]{4}:[0-9a-f]{4}$",
        description="PCI vendor and device, as lspci -n shows",
    )
    mig: dict[Profile, int] = Field(
        default_factory=dict, description="MIG profiles, with how many of each one card holds"
    )

    @property
    def openstack_resource(self) -> str:
        """Resource class in Placement, which a cloud's flavors ask for: CUSTOM_GPU_T4."""
        return f"CUSTOM_{self.kind}_{self.name.replace('-', '_')}".upper()


@cache
def models() -> Mapping[str, Model]:
    """Return the table by model name, in its own order."""
    rows = yaml.safe_load(TABLE.read_text())
    named = {name: {"name": name, **row} for name, row in rows.items()}
    return MappingProxyType(TypeAdapter(dict[str, Model]).validate_python(named))
