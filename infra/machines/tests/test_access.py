"""Security group rules: SSH, the Kubernetes API, and the ports that capabilities open."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from infra.machines.access import ServerAccess
from infra.site import read_file
from infra.site.capability import OpenPort
from infra.site.ingress import Ingress
from infra.testing import Resource, plan

if TYPE_CHECKING:
    from pathlib import Path

    from infra.site import Site

ANYWHERE = IPv4Network("0.0.0.0/0")


class TwoPorts(Ingress):
    """An ingress section that opens a second port."""

    @property
    def open_ports(self) -> tuple[OpenPort, ...]:
        """Both ports."""
        return (OpenPort(self.port, self.open_to), OpenPort(80, ANYWHERE))


def site(folder: Path) -> Site:
    """Return the site `ci` with a key that exists."""
    (folder / "id.pub").write_text("ssh-ed25519 AAAA somebody\n")
    found = read_file("ci")
    access = found.access.model_copy(update={"key_file": folder / "id"})
    return found.model_copy(update={"access": access})


def rules(wanted: Site) -> dict[str, Resource]:
    """Return the registered rules, by their names in the program."""
    return plan(lambda: ServerAccess("access", wanted)).of("SecGroupRule")


def test_the_ingress_opens_its_port_on_control_machines(tmp_path: Path) -> None:
    found = rules(site(tmp_path))
    assert set(found) == {"inside", "ssh", "api", "ingress"}
    assert found["ingress"].inputs["portRangeMin"] == site(tmp_path).ingress.port  # type: ignore[union-attr]
    assert found["ingress"].inputs["securityGroupId"] == found["api"].inputs["securityGroupId"]


def test_without_ingress_its_port_stays_closed(tmp_path: Path) -> None:
    assert "ingress" not in rules(site(tmp_path).model_copy(update={"ingress": None}))


def test_a_second_port_of_a_capability_is_a_rule_of_its_own(tmp_path: Path) -> None:
    before = site(tmp_path)
    assert before.ingress
    two = TwoPorts.model_validate(before.ingress.model_dump(by_alias=True))
    found = rules(before.model_copy(update={"ingress": two}))
    assert found["ingress-80"].inputs["portRangeMax"] == 80
    assert found["ingress"].inputs == rules(before)["ingress"].inputs
