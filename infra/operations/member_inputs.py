"""MemberInputs: the inputs of a Member resource, parsed from the state for the operations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from infra.site.machines import Role, joins

__all__ = ["JumpHost", "MemberInputs", "SshAccess", "SshTarget"]


class _Inputs(BaseModel):
    """Base of all parts: camelCase in the state; outputs of the resource are ignored."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore"
    )


class JumpHost(_Inputs):
    """The jump host (bastion) of the site."""

    host: str
    user: str
    port: int = 22


class SshAccess(_Inputs):
    """How to log in to every machine of the site."""

    user: str
    key_file: Path
    jump_host: JumpHost | None = None


class SshTarget(_Inputs):
    """A machine to log in to; its name is also the name of the host and of the node."""

    name: str
    server_id: str
    address: str


class MemberInputs(SshTarget):
    """One member: the machine itself, and all that a join or a leave needs."""

    role: Role
    access: SshAccess
    control: SshTarget | None = None
    """The machine that serves the Kubernetes API, if it is another one."""

    variables: dict[str, Any] = Field(default_factory=dict)
    """Variables of the Ansible roles, by the names in their argument specs."""

    public_address: str = ""
    """Floating IP at which people reach the API; only the kubeconfig contains it."""

    patience: int = 120
    """Seconds that a leave waits for people's sessions to end."""

    @property
    def joins(self) -> bool:
        """Whether the machine becomes a node of the cluster."""
        return joins(self.role)

    @property
    def serves_the_api(self) -> bool:
        """Whether this is the first control member, without which there is no cluster."""
        return self.role == "control" and self.control is None

    @property
    def ssh_targets(self) -> tuple[SshTarget, ...]:
        """The machines that an operation logs in to: this one, and the one with the API."""
        return (self, self.control) if self.control else (self,)

    @property
    def api_host(self) -> str:
        """Name of the machine that serves the Kubernetes API."""
        return self.control.name if self.control else self.name

    def inventory(self, connection: dict[str, Any]) -> dict[str, Any]:
        """Return Ansible's inventory for a run that is limited to this machine.

        Args:
            connection: Variables of all hosts, for Ansible's connection.
        """
        groups: dict[str, Any] = {self.role: {"hosts": {self.name: self.variables}}}
        if self.control:
            groups.setdefault("control", {"hosts": {}})["hosts"][self.control.name] = {}
        return {"all": {"children": groups, "vars": connection}}
