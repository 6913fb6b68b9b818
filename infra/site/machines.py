"""Section `machines`: groups of identical machines, and the list of single machines they give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field, model_validator

from infra import accelerators

from .section import Section
from .sentences import closest
from .values import Taint

__all__ = ["Accelerator", "Group", "Role", "WantedMachine"]

Role = Literal["control", "worker", "storage"]


class Accelerator(Section):
    """Accelerators that the flavor gives each machine of a group."""

    model: str = Field(description="Model (a GPU), as infra/accelerators.yaml names it")
    count: int = Field(default=1, ge=1, le=16, description="How many each machine has")

    @model_validator(mode="after")
    def _is_known(self) -> Accelerator:
        known = accelerators.models()
        if self.model not in known:
            raise ValueError(f"knows no model '{self.model}'; {closest(self.model, known)}")
        return self


class Group(Section):
    """Machines that are all alike, by the name of their group; they are numbered from 0."""

    role: Role = Field(description="What they are for")
    count: int = Field(ge=0, le=1000, description="How many")
    flavor: str = Field(min_length=1, description="Flavor, as the cloud names it")
    image: str = Field(min_length=1, description="Image (Debian 12), as the cloud names it")
    accelerator: Accelerator | None = Field(
        default=None, description="What the flavor gives each of them, if anything"
    )
    labels: dict[str, str] = Field(default_factory=dict, description="Labels of their nodes")
    taints: list[Taint] = Field(
        default_factory=list,
        description="Taints of their nodes, as key=value:effect; sessions tolerate none",
    )
    public_address: bool = Field(
        default=False,
        description="Whether each of them gets a floating IP; with anything on the cluster the "
        "control machine must have one",
    )


@dataclass(frozen=True)
class WantedMachine:
    """One machine of a group.

    Attributes:
        name: Name of the machine, its server and its node.
        group_name: Name of its group in the site file.
        group: What the site file says of the group.
    """

    name: str
    group_name: str
    group: Group

    @property
    def role(self) -> Role:
        """Role of the machine."""
        return self.group.role

    @property
    def joins(self) -> bool:
        """Whether the machine becomes a node of the cluster."""
        return self.role != "storage"
