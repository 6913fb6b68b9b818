"""Routes of the front door, and the error when its port is taken."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

import lab.instance
from infra.errors import ForegroundError
from lab.identity import door, names
from lab.instance import LabInstance

if TYPE_CHECKING:
    from pathlib import Path

SITE = LabInstance("door-test", 247)


@pytest.fixture(autouse=True)
def routes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Path of Traefik's file, in a state folder of this test."""
    monkeypatch.setattr(lab.instance, "STATE", tmp_path / "state")
    monkeypatch.setattr(lab.instance, "RUN", tmp_path / "run")
    SITE.run.mkdir(parents=True)
    return SITE.run / "identity" / "door" / "routes.yml"


def leads_to(routes: Path) -> dict[str, str]:
    services = json.loads(routes.read_text())["tcp"]["services"]
    return {
        name: service["loadBalancer"]["servers"][0]["address"]
        for name, service in services.items()
    }


def test_all_names_but_the_issuers_are_routed_to_the_ingress(routes: Path) -> None:
    door.send_on(SITE, "10.0.0.7", 32443)
    assert leads_to(routes) == {"issuer": "10.91.247.1:8690", "site": "10.0.0.7:32443"}
    door.send_on(SITE, "10.0.0.8", 32443)
    assert leads_to(routes)["site"] == "10.0.0.8:32443"


@pytest.mark.parametrize("broken", ["{", "[]", '{"address": "10.0.0.7", "port": "https"}'])
def test_a_broken_file_of_the_ingress_is_refused(routes: Path, broken: str) -> None:
    door.send_on(SITE, "10.0.0.7", 32443)
    (names.folder(SITE) / "ingress.json").write_text(broken)
    with pytest.raises(ForegroundError, match=r"ingress\.json|site's ingress"):
        door.follow(SITE)
    assert leads_to(routes)["site"] == "10.0.0.7:32443"


def test_a_taken_port_is_an_error_of_one_sentence() -> None:
    door.refuse_taken_port(SITE)
    taken = pytest.raises(ForegroundError, match=r"port 8690 of 127\.0\.0\.1.* is taken")
    with socket.create_server((door.HOST, names.port(SITE))), taken:
        door.refuse_taken_port(SITE)
    door.refuse_taken_port(SITE)
