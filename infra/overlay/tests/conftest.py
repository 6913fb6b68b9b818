from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from infra.overlay.base.secrets import Secret
from infra.overlay.base.target import Cluster, connect
from infra.site import Site, read, read_file
from infra.testing import Plan, plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """The site `ci` with everything that can be said of the overlay."""
    for name in ("client-secret", "certificate.pem", "key.pem", "ca.pem"):
        (tmp_path / name).write_text(f"{name} of somebody\n")
    said = read_file("ci").model_dump(by_alias=True, exclude_none=True, mode="json")
    said["mirrors"]["charts"] = str(tmp_path / "charts")
    said["accelerators"] = {"image": "mirror.example:5000/plugin:v1", "arguments": ["-a"]}
    said["identity"] = {
        "issuer": "https://issuer.example",
        "clientId": "hub",
        "clientSecretFile": str(tmp_path / "client-secret"),
        "caFile": str(tmp_path / "ca.pem"),
        "allowedGroups": ["people"],
        "adminGroups": ["operators"],
    }
    said["ingress"] = {
        "host": "hub.example",
        "port": 8443,
        "certificateFile": str(tmp_path / "certificate.pem"),
        "keyFile": str(tmp_path / "key.pem"),
        "hosts": {"issuer.example": "192.0.2.7"},
    }
    said["notebooks"] = {"millicpus": 200, "memory": 512}
    said["queueing"] = {"recovery": 30}
    said["headroom"] = {"t4": 1}
    return read("ci", said)


@pytest.fixture
def asked() -> Callable[[Callable[[Cluster], Any]], Plan]:
    """Run a program that is given a cluster, and return what it asked for."""

    def run(program: Callable[[Cluster], Any]) -> Plan:
        return plan(lambda: program(connect("kubeconfig", "server-id", Secret("anchor"))))

    return run
