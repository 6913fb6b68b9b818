"""What a deployed site says of itself: the stack's outputs, typed for those who read them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

__all__ = ["Export", "Machine", "Outputs"]


class _Said(BaseModel):
    """Base of all parts: camelCase in the stack, unknown keys refused, values never change."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True
    )


class Machine(_Said):
    """One machine."""

    address: str = Field(description="Its address inside the site")
    server_id: str = Field(description="The server's id in OpenStack")
    role: Literal["control", "worker", "storage"] = Field(description="What it is for")


class Export(_Said):
    """The homes, as NFSv4 clients inside the site mount them."""

    server: str = Field(description="Address of the storage machine inside the site")
    path: str = Field(description="Path of the export")
    volume_id: str = Field(description="Id of the data volume in OpenStack")


class Outputs(_Said):
    """All outputs of the stack; `pulumi stack output --json` prints them."""

    site: str = Field(description="The site's name, which is the stack's")
    api: str = Field(description="URL of the Kubernetes API, as people reach it")
    kubeconfig: str = Field(description="An administrator's kubeconfig; secret", repr=False)
    machines: dict[str, Machine] = Field(description="All machines, by name")
    url: str | None = Field(default=None, description="The one URL that people open")
    issuer: str | None = Field(default=None, description="Who says who people are")
    storage: Export | None = Field(default=None, description="Where the homes are, if they are")
    postponed: list[str] = Field(
        default_factory=list,
        description="Machines that wait for a person to end; the next `pulumi up` takes them",
    )
