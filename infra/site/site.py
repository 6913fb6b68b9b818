"""Site: all sections of a site file in one model, and what follows from them together."""

from __future__ import annotations

from pydantic import Field

from infra import names

from .accelerators import Accelerators
from .cloud import Access, Cloud, Mirrors, Network
from .headroom import Headroom
from .identity import Identity
from .ingress import Ingress
from .kubernetes import Kubernetes
from .machines import Group, Role, WantedMachine
from .notebooks import Notebooks
from .queueing import Queueing
from .section import Capability, Section
from .storage import Storage
from .updates import Leave
from .values import Name

__all__ = ["Site"]


class Site(Section):
    """One deployment: one cloud project's part, one cluster, one set of people."""

    name: str = Field(exclude=True, description="The stack's name; it stands in no file")
    cloud: Cloud = Field(description="Where the machines are made")
    network: Network = Field(description="The network of the machines")
    access: Access = Field(description="How machines are reached")
    mirrors: Mirrors = Field(default_factory=Mirrors, description="What replaces the internet")
    kubernetes: Kubernetes = Field(default_factory=Kubernetes, description="The cluster")
    machines: dict[Name, Group] = Field(description="Groups of machines, by name")
    storage: Storage | None = Field(default=None, description="The homes' volume and server")
    leave: Leave = Field(default_factory=Leave, description="How machines go")
    accelerators: Accelerators | None = Field(
        default=None, description="What tells Kubernetes of the machines' accelerators"
    )
    identity: Identity | None = Field(default=None, description="Who people are")
    ingress: Ingress | None = Field(default=None, description="The one URL that people open")
    notebooks: Notebooks | None = Field(default=None, description="People's sessions")
    queueing: Queueing | None = Field(default=None, description="Batch")
    headroom: Headroom | None = Field(
        default=None, description="Accelerators kept warm for people, which batch never gets"
    )
    max_unavailable: int = Field(
        default=1, ge=1, description="Machines that may be away at a time while many are renewed"
    )

    @property
    def capabilities(self) -> dict[str, Capability]:
        """The optional sections that this site has, by name, in the order of the fields."""
        sections = ((name, getattr(self, name, None)) for name in type(self).model_fields)
        return {name: section for name, section in sections if isinstance(section, Capability)}

    @property
    def on_cluster(self) -> tuple[str, ...]:
        """Names of the capabilities that run on the cluster; none means no overlay."""
        return tuple(name for name, section in self.capabilities.items() if section.on_cluster)

    @property
    def databases(self) -> tuple[str, ...]:
        """Databases that the capabilities of this site keep on the storage machine."""
        return tuple(name for section in self.capabilities.values() for name in section.databases)

    @property
    def worker_images(self) -> tuple[str, ...]:
        """Images, as folders below services/, that every worker must have before any pod."""
        return tuple(
            name for section in self.capabilities.values() for name in section.worker_images
        )

    @property
    def wanted_machines(self) -> tuple[WantedMachine, ...]:
        """All machines; those that others depend on come first."""
        order: tuple[Role, ...] = ("control", "storage", "worker")
        return tuple(
            WantedMachine(names.machine(name, number), name, group)
            for role in order
            for name, group in self.machines.items()
            if group.role == role
            for number in range(group.count)
        )

    @property
    def cards(self) -> dict[str, int]:
        """Number of accelerators in all machines, by model."""
        found: dict[str, int] = {}
        for group in self.machines.values():
            if group.accelerator:
                model = group.accelerator.model
                found[model] = found.get(model, 0) + group.count * group.accelerator.count
        return found

    @property
    def warm(self) -> dict[str, int]:
        """Number of accelerators that headroom keeps free, by model; empty without headroom."""
        return self.headroom.models if self.headroom else {}

    @property
    def registry(self) -> str:
        """Host and port of the site's registry, which holds the platform's own images."""
        return (self.mirrors.registry or "").partition("://")[2]

    def count(self, role: Role) -> int:
        """Return how many machines of a role there are."""
        return sum(group.count for group in self.machines.values() if group.role == role)
