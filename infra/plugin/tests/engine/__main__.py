"""Pulumi program of the engine tests: workers in a row, whose variables are in a file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pulumi

TOP = Path(os.environ["ENGINE_TEST"])


def member(
    name: str, variables: dict[str, Any], needs: list[pulumi.Resource]
) -> pulumi.CustomResource:
    """Register one member."""
    inputs = {
        "name": name,
        "serverId": variables.pop("server", "5f0c"),
        "address": "10.0.0.12",
        "role": "worker",
        "access": {"user": "debian", "keyFile": "/key"},
        "control": {"name": "c1", "serverId": "0a1b", "address": "10.0.0.11"},
        "variables": {"log": str(TOP / "log"), **variables},
        "podCidr": None,
    }
    options = pulumi.ResourceOptions(delete_before_replace=True, depends_on=needs)
    return pulumi.CustomResource("site:index:Member", name, inputs, options)


def pairs(name: str, node: pulumi.CustomResource) -> None:
    """Register the address pairs of a member, on a port that is a Secret here."""
    port = pulumi.CustomResource("site:index:Secret", name, {"name": name})
    range_ = node.podCidr  # type: ignore[attr-defined]
    inputs = {"name": name, "cloud": "here", "portId": port.id, "podCidr": range_}
    options = pulumi.ResourceOptions(deleted_with=port)
    pulumi.CustomResource("site:index:AddressPairs", name, inputs, options)


made: list[pulumi.Resource] = []
for machine, variables in json.loads((TOP / "members.json").read_text()).items():
    has_port = variables.pop("port", False)
    made.append(node := member(machine, variables, made[-1:]))
    pulumi.export(machine, node.podCidr)  # type: ignore[attr-defined]
    if has_port:
        pairs(machine, node)
