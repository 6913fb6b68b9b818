"""Site model: all sections of a site file, and values that are derived from several of them."""

from __future__ import annotations

from pydantic import Field

from infra import names

from .accelerators import Accelerators
from .capability import Capability
from .cloud import Access, Cloud, Mirrors, Network
from .headroom import Headroom
from .identity import Identity
from .ingress import Ingress
from .kubernetes import Kubernetes
from .leave import Leave
from .machines import Group, Role, WantedMachine, cards
from .notebooks import Notebooks
from .queueing import Queueing
from .section import Section
from .storage import Storage
from .values import Name

__all__ = ["Site"]


class Site(Section):
    """One deployment: machines in one OpenStack project, one cluster, and its capabilities."""

    name: str = Field(
        exclude=True, description="Name of the stack; it is not a key of the site file"
    )
    cloud: Cloud = Field(description="OpenStack cloud of the site")
    network: Network = Field(description="Network of the machines")
    access: Access = Field(description="SSH access to the machines")
    mirrors: Mirrors = Field(
        default_factory=Mirrors, description="Mirrors instead of the internet"
    )
    kubernetes: Kubernetes = Field(
        default_factory=Kubernetes, description="Version and address ranges"
    )
    machines: dict[Name, Group] = Field(description="Groups of machines, by name")
    storage: Storage | None = Field(default=None, description="Data volume and NFS server")
    leave: Leave = Field(default_factory=Leave, description="Removal of machines")
    accelerators: Accelerators | None = Field(default=None, description="Device plugin")
    identity: Identity | None = Field(default=None, description="OpenID Connect issuer")
    ingress: Ingress | None = Field(default=None, description="Public URL and its certificate")
    notebooks: Notebooks | None = Field(
        default=None, description="JupyterHub and the size of sessions"
    )
    queueing: Queueing | None = Field(default=None, description="Kueue, for batch jobs")
    headroom: Headroom | None = Field(
        default=None, description="Accelerators reserved for sessions"
    )
    max_unavailable: int = Field(
        default=1,
        ge=1,
        description="Number of machines that may be replaced or updated at the same time",
    )

    @property
    def capabilities(self) -> dict[str, Capability]:
        """Optional sections that the site file has, by name, in the order of the fields."""
        sections = ((name, getattr(self, name, None)) for name in type(self).model_fields)
        return {name: section for name, section in sections if isinstance(section, Capability)}

    @property
    def on_cluster(self) -> tuple[str, ...]:
        """Names of the capabilities that run on the cluster; if empty, there is no overlay."""
        return tuple(name for name, section in self.capabilities.items() if section.on_cluster)

    @property
    def databases(self) -> tuple[str, ...]:
        """PostgreSQL databases of all capabilities, on the storage machine."""
        return tuple(name for section in self.capabilities.values() for name in section.databases)

    @property
    def worker_images(self) -> tuple[str, ...]:
        """Images, as folders below services/, that every worker pulls before it takes any pod."""
        return tuple(
            name for section in self.capabilities.values() for name in section.worker_images
        )

    @property
    def wanted_machines(self) -> tuple[WantedMachine, ...]:
        """All machines, in order of dependency: control, storage, workers."""
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
        return cards(self.machines)

    @property
    def warm(self) -> dict[str, int]:
        """Number of accelerators that headroom reserves, by model; empty without headroom."""
        return self.headroom.models if self.headroom else {}

    @property
    def registry(self) -> str:
        """Host and port of the registry with the platform's own images."""
        return (self.mirrors.registry or "").partition("://")[2]

    def count(self, role: Role) -> int:
        """Return the number of machines with a role."""
        return sum(group.count for group in self.machines.values() if group.role == role)
