"""What a Member is told: the inputs of the resource, as the plugin's operations read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

__all__ = ["Access", "JumpHost", "Machine", "Membership"]


class _Section(BaseModel):
    """Base of all sections: camelCase in the stack's state, outputs of the resource ignored."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore"
    )


class JumpHost(_Section):
    """The site's way in, through which every machine is reached."""

    host: str
    user: str
    port: int = 22


class Access(_Section):
    """How to log in to a machine."""

    user: str
    key_file: Path
    jump_host: JumpHost | None = None


class Machine(_Section):
    """A machine as the cluster knows it: its name is the host's and the node's too."""

    name: str
    server_id: str
    address: str


class Membership(Machine):
    """One machine's membership, with everything that a join or a leave needs."""

    role: Literal["control", "worker", "storage"]
    access: Access
    control: Machine | None = None
    """The first control member, where this is another one."""

    variables: dict[str, Any] = Field(default_factory=dict)
    """For Ansible, by the names that the roles' argument specs give them."""

    public_address: str = ""
    """Where people reach the API from outside; stands in nothing but the kubeconfig."""

    patience: int = 120
    """Seconds that a leave waits for people's sessions to end."""

    @property
    def holds_the_cluster(self) -> bool:
        """Whether this is the first control member."""
        return self.role == "control" and self.control is None

    @property
    def machines(self) -> tuple[Machine, ...]:
        """The machines that an operation on this one touches: itself, and who runs the API."""
        return (self, self.control) if self.control else (self,)

    @property
    def api_host(self) -> str:
        """Name of the machine that runs the API."""
        return self.control.name if self.control else self.name

    def inventory(self, connection: dict[str, Any]) -> dict[str, Any]:
        """Return Ansible's inventory for a run that is limited to this machine."""
        groups: dict[str, Any] = {self.role: {"hosts": {self.name: self.variables}}}
        if self.control:
            groups.setdefault("control", {"hosts": {}})["hosts"][self.control.name] = {}
        return {"all": {"children": groups, "vars": connection}}
