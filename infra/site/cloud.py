"""Sections `cloud`, `network`, `access`, `mirrors`: OpenStack project, subnet, SSH, mirrors."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from pydantic import Field

from .section import Section
from .values import File, Url

__all__ = ["Access", "Cloud", "JumpHost", "Mirrors", "Network"]


class Cloud(Section):
    """OpenStack cloud of the site. Its credentials are in clouds.yaml, never in the site file."""

    entry: str = Field(min_length=1, description="Name of the cloud in clouds.yaml")
    external_network: str = Field(
        min_length=1, description="Name of the external network that floating IPs come from"
    )


class Network(Section):
    """Network and subnet of the machines, created for this site alone."""

    cidr: IPv4Network = Field(description="Address range of the subnet of the machines")
    dns_servers: list[IPv4Address] = Field(
        default_factory=list,
        description="Name servers of the subnet; if empty, the cloud's own",
    )


class JumpHost(Section):
    """SSH jump host (bastion) in front of all machines."""

    host: str = Field(
        min_length=1, description="Host name or address, as seen from the computer that deploys"
    )
    user: str = Field(min_length=1, description="SSH user on the jump host")
    port: int = Field(default=22, ge=1, le=65535, description="SSH port of the jump host")


class Access(Section):
    """SSH access to the machines, and the ranges that may reach them."""

    user: str = Field(
        min_length=1, description="SSH user on the machines, as the image defines it"
    )
    key_file: File = Field(
        description="Private SSH key; the public key must be in the same folder, with .pub"
    )
    jump_host: JumpHost | None = Field(
        default=None,
        description="Jump host for all SSH connections, if there is one",
    )
    ssh_from: IPv4Network = Field(
        default=IPv4Network("0.0.0.0/0"),
        description="Address range that may reach SSH of the machines",
    )
    api_from: IPv4Network = Field(
        default=IPv4Network("0.0.0.0/0"),
        description="Address range that may reach the Kubernetes API",
    )


class Mirrors(Section):
    """Mirrors that machines use instead of the internet."""

    registry: Url | None = Field(
        default=None,
        description="Container registry with the platform's own images, and with upstream's "
        "images below their own names; required on every site",
    )
    artefacts: Url | None = Field(
        default=None,
        description="Mirror of upstream's downloads, one folder for each upstream host name",
    )
    apt: Url | None = Field(default=None, description="Mirror of the Debian repository")
    charts: str | None = Field(
        default=None,
        description="Folder or URL of Helm charts, named NAME-VERSION.tgz; Pulumi reads them",
    )
    ca_file: File | None = Field(
        default=None,
        description="Certificate authority of the mirrors (PEM), if it is not a public one",
    )
    apt_key_file: File | None = Field(
        default=None, description="Public key of the Debian repository's signature (ASCII armour)"
    )
