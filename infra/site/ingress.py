"""Section `ingress`: the public URL, its port and its certificate."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from pydantic import Field

from .section import Capability, OpenPort
from .values import File

__all__ = ["Ingress"]


class Ingress(Capability):
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

    @property
    def open_ports(self) -> tuple[OpenPort, ...]:
        """The port of the URL."""
        return (OpenPort(self.port, self.open_to),)
