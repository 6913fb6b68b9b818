"""Section `ingress`: host name, port and certificate of the public URL."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from pydantic import Field

from .capability import Capability, OpenPort
from .values import File

__all__ = ["Ingress"]


class Ingress(Capability):
    """Public URL of the site; Traefik serves its port on the control machine."""

    host: str = Field(pattern=r"^[a-z0-9.-]+$", description="Host name in the URL")
    port: int = Field(default=443, ge=1, le=65535, description="Port in the URL")
    certificate_file: File = Field(
        description="Certificate of the host name, with its chain (PEM)"
    )
    key_file: File = Field(description="Private key of the certificate (PEM)")
    open_to: IPv4Network = Field(
        default=IPv4Network("0.0.0.0/0"), description="Address range that may reach the port"
    )
    hosts: dict[str, IPv4Address] = Field(
        default_factory=dict,
        description="Addresses that pods resolve for other host names; the URL's own is added",
    )

    @property
    def url(self) -> str:
        """Public URL of the site; the default HTTPS port is left out."""
        return f"https://{self.host}" + ("" if self.port == 443 else f":{self.port}")  # noqa: PLR2004

    @property
    def open_ports(self) -> tuple[OpenPort, ...]:
        """Port of the URL, open to the range of `openTo`."""
        return (OpenPort(self.port, self.open_to),)
