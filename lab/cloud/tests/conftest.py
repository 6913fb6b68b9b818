"""Fixtures: Neutron's resources in memory, in the form in which its plugin returns them."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from labcloud import settings
from labcloud.neutron import names, security

if TYPE_CHECKING:
    from pathlib import Path


class Holdings:
    """Ports, groups and routers of one site, as a test defines them."""

    def __init__(self) -> None:
        self.ports: dict[str, dict[str, Any]] = {}
        self.groups: dict[str, dict[str, Any]] = {}

    def rules(self) -> security.PacketFilter:
        """Return their packet filter, as the enforcer computes it."""
        return security.read(self.ports.values(), self.groups.values())

    @staticmethod
    def rule(  # noqa: PLR0913  # the fields of a rule in Neutron
        direction: str = "ingress",
        *,
        protocol: str | None = None,
        ports: tuple[int, int] | tuple[None, None] = (None, None),
        remote_group_id: str | None = None,
        remote_ip_prefix: str | None = None,
        ethertype: str = "IPv4",
    ) -> dict[str, Any]:
        """Return a security group rule; the defaults open everything."""
        return {
            "direction": direction,
            "ethertype": ethertype,
            "protocol": protocol,
            "port_range_min": ports[0],
            "port_range_max": ports[1],
            "remote_group_id": remote_group_id,
            "remote_ip_prefix": remote_ip_prefix,
        }

    def group(self, name: str, *rules: dict[str, Any]) -> str:
        """Add or replace a security group; return its id."""
        group_id = identity(f"group {name}")
        self.groups[group_id] = {"id": group_id, "security_group_rules": list(rules)}
        return group_id

    def machine(
        self,
        name: str,
        address: str,
        *groups: str,
        network: str = "net",
        pairs: tuple[dict[str, str], ...] = (),
        secured: bool = True,
    ) -> dict[str, Any]:
        """Add the port of a machine."""
        last = int(address.rpartition(".")[2])
        return self._port(
            name,
            network_id=identity(f"network {network}"),
            device_owner="compute:nova",
            mac_address=f"fa:16:3e:00:{len(self.ports):02x}:{last:02x}",
            fixed_ips=[{"ip_address": address}],
            security_groups=list(groups),
            allowed_address_pairs=list(pairs),
            port_security_enabled=secured,
        )

    def router(self, name: str, *networks: str, gateway: bool = False) -> list[str]:
        """Add the ports of a router; return the bridges of its networks."""
        legs = [(network, "network:router_interface") for network in networks]
        legs += [("public", "network:router_gateway")] if gateway else []
        for network, owner in legs:
            self._port(
                f"{name} in {network}",
                network_id=identity(f"network {network}"),
                device_owner=owner,
                device_id=identity(f"router {name}"),
            )
        return [names.bridge(identity(f"network {network}")) for network in networks]

    def _port(self, name: str, **fields: object) -> dict[str, Any]:
        empty = {"device_id": "", "mac_address": "fa:16:3e:ff:ff:ff", "fixed_ips": []}
        lists = {"security_groups": [], "allowed_address_pairs": []}
        port = {"id": identity(f"port {name}"), **empty, **lists, **fields}
        self.ports[port["id"]] = port
        return port


def identity(of: str) -> str:
    """Return an id that is the same in every run."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, of))


@pytest.fixture
def holdings() -> Holdings:
    """Return an empty set of resources."""
    return Holdings()


@pytest.fixture
def values(tmp_path: Path) -> dict[str, Any]:
    """Return the contents of a settings file."""
    return {
        "site": "dev",
        "state": str(tmp_path / "cloud"),
        "run": str(tmp_path / "run"),
        "listen": "127.77.9.2",
        "netns": "fg-dev",
        "cgroup": "foreground-dev",
        "hosts": ["rack-1", "rack-2"],
        "accelerator_resources": ["CUSTOM_GPU_T4", "CUSTOM_GPU_A100"],
    }


@pytest.fixture
def cloud(values: dict[str, Any], tmp_path: Path) -> settings.Settings:
    """Return the settings as labcloud reads them from that file."""
    path = tmp_path / "cloud.json"
    path.write_text(json.dumps(values))
    return settings.read(path)
