"""Outputs of the stack: the model of a deployed site that stacks export and conformance reads."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic.alias_generators import to_camel

__all__ = ["Export", "Machine", "Outputs"]


class _Part(BaseModel):
    """Base of all parts: camelCase in the stack, unknown keys refused, values never change."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True
    )


class Machine(_Part):
    """One machine."""

    address: str = Field(description="Its address inside the site")
    server_id: str = Field(description="The server's id in OpenStack")
    role: Literal["control", "worker", "storage"] = Field(description="Its role in the site file")


class Export(_Part):
    """The homes, as NFSv4 clients inside the site mount them."""

    server: str = Field(description="Address of the storage machine inside the site")
    path: str = Field(description="Path of the export")
    volume_id: str = Field(description="Id of the data volume in OpenStack")


class Outputs(_Part):
    """All outputs of the stack; `pulumi stack output --json` prints them."""

    site: str = Field(description="Name of the site, which is the stack's")
    api: str = Field(description="URL of the Kubernetes API for people outside")
    kubeconfig: str = Field(description="An administrator's kubeconfig; secret", repr=False)
    machines: dict[str, Machine] = Field(description="All machines, by name")
    url: str | None = Field(default=None, description="The one URL that people open")
    urls: dict[str, str] = Field(
        default_factory=dict, description="URLs that people open, by capability"
    )
    issuer: str | None = Field(default=None, description="URL of the OpenID Connect issuer")
    storage: Export | None = Field(default=None, description="The homes, if there is storage")
    postponed: list[str] = Field(
        default_factory=list,
        description="Machines that wait for a person to end; the next `pulumi up` takes them",
    )

    @classmethod
    def exported(cls, field: str, value: Any) -> Any:  # noqa: ANN401 - of any field
        """Validate the value of one field, and return it as plain data, as the stack exports it.

        Args:
            field: Name of the field in this model.
            value: Its value.
        """
        adapter: TypeAdapter[Any] = TypeAdapter(cls.model_fields[field].rebuild_annotation())
        return adapter.dump_python(adapter.validate_python(value), mode="json", by_alias=True)
