"""Variables of the Ansible role `base`: Debian mirror and certificate authority."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infra.cluster.host import Host
    from infra.site import Site

__all__ = ["variables"]


def variables(site: Site, host: Host, control: Host) -> dict[str, Any]:  # noqa: ARG001 - as all roles
    """Return the role's variables; they are the same on every machine."""
    mirrors = site.mirrors
    return {
        "base_apt_url": mirrors.apt,
        "base_apt_key_file": str(mirrors.apt_key_file or ""),
        "base_ca_file": str(mirrors.ca_file or ""),
    }
