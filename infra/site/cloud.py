"""Sections `cloud`, `network`, `access`, `mirrors`: OpenStack, SSH, mirrors of the internet."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from pydantic import Field

from .section import Section
from .values import File, Url

__all__ = ["Access", "Cloud", "JumpHost", "Mirrors", "Network"]


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
