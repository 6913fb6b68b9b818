"""What an operator may say of the capabilities that run on the cluster; infra/site.py has all."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from pydantic import Field

from infra.section import File, Section, Url

__all__ = ["Accelerators", "Identity", "Ingress", "Notebooks", "Queueing"]


class Accelerators(Section):
    """The device plugin that tells Kubernetes of the cards in each machine."""

    image: str = Field(min_length=1, description="Its image, on every node with accelerators")
    arguments: list[str] = Field(
        default_factory=list,
        description="Its arguments; the machine's device files are seen at /host/dev",
    )


class Identity(Section):
    """Who people are: an OpenID Connect issuer and this site's client there."""

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


class Ingress(Section):
    """The one URL that people open; its port is open on control machines."""

    host: str = Field(pattern=r"^[a-z0-9.-]+$", description="Host name in the URL")
    port: int = Field(default=443, ge=1, le=65535, description="Port in the URL")
    certificate_file: File = Field(description="Certificate of that name, with its chain (PEM)")
    key_file: File = Field(description="The certificate's key (PEM)")
    open_to: IPv4Network = Field(
        default=IPv4Network("0.0.0.0/0"), description="Range that may reach it"
    )
    hosts: dict[str, IPv4Address] = Field(
        default_factory=dict,
        description="Addresses of further host names, for pods; the URL's own name needs none",
    )

    @property
    def url(self) -> str:
        """The URL."""
        return f"https://{self.host}" + ("" if self.port == 443 else f":{self.port}")  # noqa: PLR2004


class Notebooks(Section):
    """JupyterHub: people's sessions."""

    millicpus: int = Field(
        default=500, ge=10, description="What a session is sure of, in thousandths of a CPU"
    )
    memory: int = Field(default=2048, ge=128, description="Memory of a session, in MiB")
    patience: int = Field(
        default=300, ge=30, description="Seconds that a session has to start, until it fails"
    )


class Queueing(Section):
    """Kueue: batch, which takes what people leave."""

    recovery: int = Field(
        default=30,
        ge=5,
        description="Seconds after which a job that lost its pod gives its place back",
    )
