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
    """Ports, groups and routers of one site, written down by a test."""

    def __init__(self) -> None:
        self.ports: dict[str, dict[str, Any]] = {}
        self.groups: dict[str, dict[str, Any]] = {}

    def rules(self) -> security.PacketFilter:
        """Read them as the enforcement does."""
        return security.read(self.ports.values(), self.groups.values())

    @staticmethod
    def rule(  # noqa: PLR0913  # a rule of Neutron's has as many fields
        direction: str = "ingress",
        *,
        protocol: str | None = None,
        ports: tuple[int, int] | tuple[None, None] = (None, None),
        remote_group_id: str | None = None,
        remote_ip_prefix: str | None = None,
        ethertype: str = "IPv4",
    ) -> dict[str, Any]:
        """Write one security group rule, open to all if nothing else is said."""
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
        """Hold a security group of these rules, in place of an earlier one of that name."""
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
        """Hold a machine's port."""
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
        """Hold the ports of a router; return the bridges of its networks."""
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
    """Make the same id for the same thing in every run."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, of))


@pytest.fixture
def holdings() -> Holdings:
    """Hold nothing yet."""
    return Holdings()


@pytest.fixture
def told(tmp_path: Path) -> dict[str, Any]:
    """Say what the lab would of a site."""
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
def cloud(told: dict[str, Any], tmp_path: Path) -> settings.Settings:
    """Read it as labcloud does."""
    path = tmp_path / "cloud.json"
    path.write_text(json.dumps(told))
    return settings.read(path)
