"""Upgrade of a deployed site: every resource of release 0.1 keeps its address or has an alias.

A resource whose address changes without an alias is deleted and created again: a namespace would
take all sessions with it, a machine all that runs on it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from infra.testing import Resource, configuration, plan
from stacks.__main__ import program

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE: Final = Path(__file__).parent
REMOVED: Final = {
    # the program of the homes service, which is in an image now
    "foreground:overlay:Notebooks$kubernetes:core/v1:ConfigMap::homes",
}
"""Resources of release 0.1 that an upgrade deletes."""


@pytest.fixture
def found(sections: dict[str, Any]) -> dict[str, Resource]:
    """The resources of today's program by every address that the engine knows them by."""
    planned = plan(program, stack="local", config=configuration(sections)).resources
    return {address: resource for resource in planned for address in addresses(resource)}


def addresses(resource: Resource) -> Iterator[str]:
    """Yield the address of a resource and those of its aliases: types and name of its URN."""
    *_, kinds, name = resource.urn.split("::")
    yield f"{kinds.removeprefix('pulumi:pulumi:Stack$')}::{name}"
    for parent in resource.former_parents:
        former = parent.split("::")[2]
        yield f"{former}${resource.type}::{name}"


def test_every_resource_of_release_0_1_is_still_there(found: dict[str, Resource]) -> None:
    old = (HERE / "addresses_0_1.txt").read_text().split()
    assert [address for address in old if address not in found and address not in REMOVED] == []
    assert [address for address in REMOVED if address in found or address not in old] == []


def test_no_field_changes_that_kubernetes_never_changes(found: dict[str, Resource]) -> None:
    old = yaml.safe_load((HERE / "immutable_0_1.yaml").read_text())
    new = {address: found[address].inputs["spec"] for address in old}
    assert {
        address: {key: new[address].get(key) for key in fields} for address, fields in old.items()
    } == old


def test_the_namespaces_of_people_have_no_need_of_an_alias(found: dict[str, Resource]) -> None:
    for name in ("platform", "sessions"):
        address = f"foreground:overlay:Notebooks$kubernetes:core/v1:Namespace::{name}"
        assert found[address].former_parents == ()
        assert found[address].inputs["metadata"]["name"] == name
