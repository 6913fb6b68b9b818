"""Section `machines`: groups of identical machines, and each single machine of a group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from infra import accelerators

from .section import Section
from .sentences import closest
from .values import Taint

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Accelerator", "Group", "Role", "WantedMachine", "cards", "joins"]

Role = Literal["control", "worker", "storage"]


def joins(role: Role) -> bool:
    """Return whether machines of a role become nodes of the cluster."""
    return role != "storage"


class Accelerator(Section):
    """Accelerators of each machine of a group; the flavor provides them."""

    model: str = Field(description="GPU model: a key of infra/accelerators.yaml")
    count: int = Field(
        default=1, ge=1, le=16, description="Number of accelerators in each machine"
    )

    @model_validator(mode="after")
    def _is_known(self) -> Accelerator:
        known = accelerators.models()
        if self.model not in known:
            raise ValueError(f"knows no model '{self.model}'; {closest(self.model, known)}")
        return self


class Group(Section):
    """Group of identical machines, named GROUP-0, GROUP-1 and so on."""

    role: Role = Field(description="Role of the machines")
    count: int = Field(ge=0, le=1000, description="Number of machines")
    flavor: str = Field(min_length=1, description="Name of the OpenStack flavor")
    image: str = Field(min_length=1, description="Name of the OpenStack image, a Debian 12")
    accelerator: Accelerator | None = Field(
        default=None, description="Accelerators that the flavor provides, if any"
    )
    labels: dict[str, str] = Field(default_factory=dict, description="Labels of the nodes")
    taints: list[Taint] = Field(
        default_factory=list,
        description="Taints of the nodes, as key=value:effect; sessions tolerate none",
    )
    public_address: bool = Field(
        default=False,
        description="Whether each machine gets a floating IP; the control machine needs one if "
        "any capability runs on the cluster",
    )


@dataclass(frozen=True)
class WantedMachine:
    """One machine of a group.

    Attributes:
        name: Name of the machine, its server and its node.
        group_name: Name of its group in the site file.
        group: Settings of its group in the site file.
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
        return joins(self.role)


def cards(machines: Mapping[str, Group]) -> dict[str, int]:
    """Return the number of accelerators in all machines, by model."""
    found: dict[str, int] = {}
    for group in machines.values():
        if group.accelerator:
            model = group.accelerator.model
            found[model] = found.get(model, 0) + group.count * group.accelerator.count
    return found
