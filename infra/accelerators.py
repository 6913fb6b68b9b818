"""Accelerator models: GPUs and FPGAs that a site file may name, parsed from accelerators.yaml."""

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
"""A MIG profile in NVIDIA's syntax: compute slices, then memory."""


class Model(BaseModel):
    """One accelerator model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$",
        description="Its name in site files, which is its key in the table",
    )
    kind: Literal["gpu", "fpga"] = Field(description="Kind of accelerator")
    label: str = Field(
        description="Its product name, as the vendor's feature discovery labels a node"
    )
    memory: int = Field(gt=0, description="Memory of one card, in GiB")
    resource: str = Field(
        pattern=r"^[a-z.]+/[a-zA-Z0-9_.-]+$",
        description="Extended resource that a pod requests from Kubernetes",
    )
    pci: str = Field(
        pattern=r"^[0-9a-f]{4}:[0-9a-f]{4}$",
        description="PCI ids of vendor and device, as `lspci -n` prints them",
    )
    mig: dict[Profile, int] = Field(
        default_factory=dict,
        description="MIG profiles, each with the number of its instances that fit on one card",
    )

    @property
    def openstack_resource(self) -> str:
        """Resource class in OpenStack Placement that a flavor requests: CUSTOM_GPU_T4."""
        return f"CUSTOM_{self.kind}_{self.name.replace('-', '_')}".upper()


@cache
def models() -> Mapping[str, Model]:
    """Return all models by name, in the order of the file."""
    rows = yaml.safe_load(TABLE.read_text())
    named = {name: {"name": name, **row} for name, row in rows.items()}
    return MappingProxyType(TypeAdapter(dict[str, Model]).validate_python(named))
