"""Section `identity`: the OpenID Connect issuer, its claims, and the groups that may log in."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from .capability import Capability
from .values import File, Url

__all__ = ["Identity"]


class Identity(Capability):
    """OpenID Connect issuer, this site's client there, and the groups that may log in."""

    on_cluster: ClassVar[bool] = False

    issuer: Url = Field(description="URL of the issuer")
    client_id: str = Field(min_length=1, description="Client id of this site at the issuer")
    client_secret_file: File = Field(description="File with the client secret")
    ca_file: File | None = Field(
        default=None,
        description="Certificate authority of the issuer (PEM), if it is not a public one",
    )
    scopes: list[str] = Field(
        default=["openid", "profile", "email"], description="Scopes that JupyterHub requests"
    )
    username_claim: str = Field(
        default="preferred_username", description="Claim with the user name"
    )
    groups_claim: str = Field(default="groups", description="Claim with the list of groups")
    allowed_groups: list[str] = Field(
        min_length=1, description="Groups whose members may log in; nobody else may"
    )
    admin_groups: list[str] = Field(
        default_factory=list, description="Groups whose members are administrators of JupyterHub"
    )
