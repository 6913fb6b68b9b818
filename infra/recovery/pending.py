"""Pending operations of a Pulumi state: begun by a run that was killed, and not finished."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra import tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Pending", "adopt", "pending", "unread_volumes"]


@dataclass(frozen=True)
class Pending:
    """One pending operation.

    Attributes:
        what: ``creating``, ``updating``, ``deleting``, ...
        urn: URN of the resource.
        kind: Type token of the resource.
        inputs: Inputs of the resource.
    """

    what: str
    urn: str
    kind: str
    inputs: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Name of the resource in the program."""
        return self.urn.rpartition("::")[2]


def pending(deployment: Mapping[str, Any]) -> list[Pending]:
    """Return the pending operations of a state."""
    return [
        Pending(operation["type"], of["urn"], of["type"], of.get("inputs") or {})
        for operation in deployment.get("pending_operations") or []
        for of in [operation["resource"]]
    ]


def unread_volumes(deployment: Mapping[str, Any]) -> list[str]:
    """Return the URNs of volumes that were adopted and whose outputs are not yet read."""
    return [
        resource["urn"]
        for resource in deployment.get("resources") or []
        if resource.get("type") == tokens.VOLUME and not resource.get("outputs")
    ]


def adopt(deployment: dict[str, Any], found: Mapping[str, str]) -> dict[str, Any]:
    """Return a state without pending operations, in which some count as created.

    Args:
        deployment: The state.
        found: Ids of the resources that count as created, by URN.
    """
    operations = deployment.pop("pending_operations", [])
    resources = {operation["resource"]["urn"]: operation["resource"] for operation in operations}
    for urn, identity in found.items():
        deployment["resources"].append({**resources[urn], "id": identity})
    return deployment
