"""Recovery knows every type of OpenStack resource that the components of a site register."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.machines.access import ServerAccess
from infra.machines.network import Network
from infra.machines.orphans import HARMLESS, KINDS
from infra.machines.servers import Machines
from infra.machines.volumes import DataVolume
from infra.site import read_file
from infra.testing import Resource, plan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


def registered(folder: Path) -> list[Resource]:
    """Return the OpenStack resources of all components of infra/machines, for the site `ci`."""
    (folder / "id.pub").write_text("ssh-ed25519 AAAA somebody\n")
    site = read_file("ci")
    access = site.access.model_copy(update={"key_file": folder / "id"})
    site = site.model_copy(update={"access": access})
    assert site.storage

    async def at_once(_name: str, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
        return wanted

    def program() -> None:
        network, access = Network("network", site), ServerAccess("access", site)
        machines = Machines("machines", site, network=network, access=access, turn=at_once)
        assert site.storage
        DataVolume("homes", site, site.storage, machines.first("storage"))

    return [asked for asked in plan(program).resources if asked.type.startswith("openstack:")]


def test_every_type_is_either_cleaned_up_or_harmless(tmp_path: Path) -> None:
    types = {asked.type for asked in registered(tmp_path)}
    assert types == KINDS.keys() | HARMLESS.keys()


def test_no_type_is_both() -> None:
    assert not KINDS.keys() & HARMLESS.keys()
    assert all(HARMLESS.values())


class EmptyCloud:
    """A cloud without any resource: every list is empty."""

    current_project_id = "p"

    def __getattr__(self, _service: str) -> EmptyService:
        return EmptyService()


class EmptyService:
    """One service of the cloud."""

    def __getattr__(self, _listing: str) -> Callable[..., list[Any]]:
        return lambda *_, **__: []


def test_every_search_needs_only_inputs_that_the_resource_has(tmp_path: Path) -> None:
    resources = [asked for asked in registered(tmp_path) if asked.type in KINDS]
    for asked in resources:
        assert list(KINDS[asked.type].find(EmptyCloud(), asked.inputs)) == []
