"""What an operator may say of a site: the `foreground:` keys of its stack file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from itertools import combinations
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import yaml
from pydantic import AfterValidator, Field, ValidationError, model_validator

from infra import accelerators, feasible, names, versions
from infra.capabilities import (  # noqa: TC001  pydantic needs the classes themselves
    Accelerators,
    Identity,
    Ingress,
    Notebooks,
    Queueing,
)
from infra.errors import ForegroundError
from infra.faults import closest, sentences
from infra.section import REPOSITORY, File, Section, Url

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NAMESPACE", "Group", "Role", "Site", "WantedMachine", "file_of"]

NAMESPACE: Final = "foreground"
"""Namespace of our keys in Pulumi's configuration."""

_STANDS_ON: Final = {
    "notebooks": ("identity", "ingress", "storage"),
    "headroom": ("notebooks", "queueing"),
}
"""What each capability needs besides."""

Role = Literal["control", "worker", "storage"]
Name = Annotated[str, Field(max_length=names.LONGEST), AfterValidator(names.checked)]
Taint = Annotated[
    str, Field(pattern=r"^[^\s=:]+(=[^\s=:]*)?:(NoSchedule|NoExecute|PreferNoSchedule)$")
]


class Cloud(Section):
    """Where the machines are made. Credentials stand in clouds.yaml and never here."""

    entry: str = Field(min_length=1, description="Name of the cloud's entry in clouds.yaml")
    external_network: str = Field(
        min_length=1, description="Name of the cloud's network that floating IPs come from"
    )


class Network(Section):
    """The network of the site's machines; it belongs to the site alone."""

    cidr: IPv4Network = Field(description="Range of the machines' addresses")
    dns_servers: list[IPv4Address] = Field(
        default_factory=list,
        description="Name servers of the machines; none leaves the choice to the cloud",
    )


class JumpHost(Section):
    """The way in."""

    host: str = Field(min_length=1, description="Its name or address, from where you deploy")
    user: str = Field(min_length=1, description="Who logs in there")
    port: int = Field(default=22, ge=1, le=65535, description="Its SSH port")


class Access(Section):
    """How machines are reached, and from where."""

    user: str = Field(min_length=1, description="Who logs in to machines; the image decides")
    key_file: File = Field(description="SSH key; its public half, with .pub, stands beside it")
    jump_host: JumpHost | None = Field(
        default=None,
        description="The host through which all machines are reached, if there is one",
    )
    ssh_from: IPv4Network = Field(
        default=IPv4Network("0.0.0.0/0"), description="Range that may reach SSH of machines"
    )
    api_from: IPv4Network = Field(
        default=IPv4Network("0.0.0.0/0"), description="Range that may reach the Kubernetes API"
    )


class Mirrors(Section):
    """What stands in for the internet, where machines do not reach it."""

    registry: Url | None = Field(
        default=None,
        description="Registry with upstream's images below upstream's names, and the platform's "
        "own; every site has to name one",
    )
    artefacts: Url | None = Field(
        default=None, description="Upstream's downloads, below upstream's host names"
    )
    apt: Url | None = Field(default=None, description="Debian repository")
    charts: str | None = Field(
        default=None,
        description="Folder or address of upstream's charts, as NAME-VERSION.tgz; read by Pulumi",
    )
    ca_file: File | None = Field(
        default=None, description="Certificate authority of the mirrors (PEM), if it is your own"
    )
    apt_key_file: File | None = Field(
        default=None, description="Key (ASCII armour) that signs the Debian repository"
    )


class Kubernetes(Section):
    """The cluster."""

    version: str = Field(
        default=versions.KUBERNETES, pattern=r"^\d+\.\d+\.\d+$", description="Without a leading v"
    )
    pod_cidr: IPv4Network = Field(
        default=IPv4Network("10.93.0.0/16"), description="Range of the pods' addresses"
    )
    service_cidr: IPv4Network = Field(
        default=IPv4Network("10.94.0.0/16"), description="Range of the services' addresses"
    )
    ignore_preflight: list[str] = Field(
        default_factory=list, description="kubeadm's checks whose errors count as warnings"
    )


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


class Storage(Section):
    """The homes' volume and server; needs a machine of role storage."""

    size: int = Field(ge=1, description="Size of the data volume, in GiB")
    server: Literal["kernel", "ganesha"] = Field(default="kernel", description="NFS server")
    protect: bool = Field(
        default=True, description="Whether Pulumi refuses to delete the volume; false loses homes"
    )


class Leave(Section):
    """How machines go."""

    patience: int = Field(
        default=120, ge=0, description="Seconds that a leave waits for people's sessions to end"
    )


@dataclass(frozen=True)
class WantedMachine:
    """One machine of a group."""

    name: str
    group: str
    wanted: Group


class Site(Section):
    """One deployment: one cloud project's part, one cluster, one set of people."""

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
    headroom: dict[Name, Annotated[int, Field(ge=0)]] = Field(
        default_factory=dict,
        description="By model: accelerators kept warm for people, which batch never gets",
    )
    max_unavailable: int = Field(
        default=1, ge=1, description="Machines that may be away at a time while many are renewed"
    )

    _name: str = ""

    def model_post_init(self, context: Any, /) -> None:  # noqa: ANN401 - pydantic's signature
        """Take the name: it is the stack's, and so in no file."""
        self._name = str(context)

    @property
    def name(self) -> str:
        """The site's name, which is the stack's."""
        return self._name

    @property
    def wanted_machines(self) -> tuple[WantedMachine, ...]:
        """All machines; what others need comes first."""
        order = ("control", "storage", "worker")
        return tuple(
            WantedMachine(names.machine(name, number), name, group)
            for role in order
            for name, group in self.machines.items()
            if group.role == role
            for number in range(group.count)
        )

    @model_validator(mode="after")
    def _has_one_control_machine(self) -> Site:
        if (count := self._count("control")) != 1:
            raise ValueError(f"machines: needs one machine of role control, not {count}")
        return self

    @model_validator(mode="after")
    def _has_a_machine_for_its_storage(self) -> Site:
        count, wanted = self._count("storage"), 1 if self.storage else 0
        if count != wanted:
            because = "there is a storage section" if wanted else "there is no storage section"
            raise ValueError(
                f"machines: needs {wanted} of role storage, not {count}, because {because}"
            )
        return self

    @model_validator(mode="after")
    def _keeps_its_ranges_apart(self) -> Site:
        ranges = {
            "network.cidr": self.network.cidr,
            "kubernetes.podCidr": self.kubernetes.pod_cidr,
            "kubernetes.serviceCidr": self.kubernetes.service_cidr,
        }
        for (first, one), (second, other) in combinations(ranges.items(), 2):
            if one.overlaps(other):
                raise ValueError(f"{second}: {other} must lie outside {first}, {one}")
        return self

    @model_validator(mode="after")
    def _has_what_its_capabilities_stand_on(self) -> Site:
        has = {
            "identity": self.identity,
            "ingress": self.ingress,
            "notebooks": self.notebooks,
            "queueing": self.queueing,
            "storage": self.storage,
        }
        for capability, needs in _STANDS_ON.items():
            missing = [need for need in needs if has[need] is None]
            if getattr(self, capability) and missing:
                raise ValueError(f"{capability}: needs {' and '.join(missing)} as well")
        if strange := self.headroom.keys() - self.cards.keys():
            raise ValueError(f"headroom: no machine has a {', '.join(sorted(strange))}")
        return self

    @model_validator(mode="after")
    def _can_work(self) -> Site:
        for fault in feasible.faults(self):
            raise ValueError(fault)
        return self

    @property
    def cards(self) -> dict[str, int]:
        """How many accelerators the machines have, by model."""
        found: dict[str, int] = {}
        for group in self.machines.values():
            if group.accelerator:
                model = group.accelerator.model
                found[model] = found.get(model, 0) + group.count * group.accelerator.count
        return found

    @property
    def registry(self) -> str:
        """Host and port of the site's registry, which holds the platform's own images."""
        return (self.mirrors.registry or "").partition("://")[2]

    def _count(self, role: Role) -> int:
        return sum(group.count for group in self.machines.values() if group.role == role)

    @classmethod
    def read(cls, name: str, said: Mapping[str, Any]) -> Site:
        """Read what an operator said.

        Args:
            name: The site's, which is the stack's.
            said: Sections by key, without the namespace.

        Raises:
            ForegroundError: With one sentence for each fault.
        """
        try:
            return cls.model_validate(dict(said), context=name)
        except ValidationError as error:
            faults = sentences(error, cls)
        file, hint = file_of(name), f"Edit it and type `pulumi up -s {name}`"
        if len(faults) == 1:
            raise ForegroundError(f"{file}: {faults[0]}", hint)
        raise ForegroundError(f"{file} has {len(faults)} faults", hint, details=faults)

    @classmethod
    def configured(cls, name: str, config: Mapping[str, Any]) -> Site:
        """Read a stack's configuration: of our namespace, each section as JSON or as data."""
        mine = f"{NAMESPACE}:"
        return cls.read(
            name,
            {k.removeprefix(mine): _parsed(v) for k, v in config.items() if k.startswith(mine)},
        )

    @classmethod
    def from_file(cls, name: str) -> Site:
        """Read a site's file itself, for those who judge a site without running Pulumi."""
        path = REPOSITORY / file_of(name)
        if not path.is_file():
            there = [p.stem.removeprefix("Pulumi.") for p in path.parent.glob("Pulumi.*.yaml")]
            raise ForegroundError(
                f"There is no site {name}: {closest(name, there)}",
                f"Write {file_of(name)}, best from a copy of another one",
            )
        return cls.configured(name, yaml.safe_load(path.read_text()).get("config") or {})


def _parsed(value: Any) -> Any:  # noqa: ANN401 - whatever the operator wrote
    """Read one value: Pulumi hands sections to programs as JSON, and single values as text."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


def file_of(name: str) -> str:
    """Return a site's file, relative to the repository."""
    return f"stacks/sites/Pulumi.{name}.yaml"
