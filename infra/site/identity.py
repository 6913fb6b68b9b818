"""Section `identity`: the OpenID Connect issuer, and who may log in."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from .section import Capability
from .values import File, Url

__all__ = ["Identity"]


class Identity(Capability):
    """Who people are: an OpenID Connect issuer and this site's client there."""

    on_cluster: ClassVar[bool] = False

    issuer: Url = Field(description="The issuer")
    client_id: str = Field(min_length=1, description="Name of this site's client at the issuer")
    client_secret_file: File = Field(description="File that holds the client's secret")
    ca_file: File | None = Field(
        default=None, description="Certificate authority of the issuer (PEM), if it is your own"
    )
    scopes: list[str] = Field(
        default=["openid", "profile", "email"], description="What the hub asks the issuer for"
    )
    username_claim: str = Field(
        default="preferred_username", description="Claim that names a person"
    )
    groups_claim: str = Field(default="groups", description="Claim that lists a person's groups")
    allowed_groups: list[str] = Field(
        min_length=1, description="Groups whose members may log in; nobody else may"
    )
    admin_groups: list[str] = Field(
        default_factory=list, description="Groups whose members administer the hub"
    )
