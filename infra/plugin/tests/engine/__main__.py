"""The program: workers, each of which needs the one before; a file says what they are told."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pulumi

TOP = Path(os.environ["ENGINE_TEST"])


def member(name: str, told: dict[str, Any], needs: list[pulumi.Resource]) -> pulumi.CustomResource:
    """Ask for one member."""
    inputs = {
        "name": name,
        "serverId": told.pop("server", "5f0c"),
        "address": "10.0.0.12",
        "role": "worker",
        "access": {"user": "debian", "keyFile": "/key"},
        "control": {"name": "c1", "serverId": "0a1b", "address": "10.0.0.11"},
        "variables": {"log": str(TOP / "log"), **told},
        "podCidr": None,
    }
    options = pulumi.ResourceOptions(delete_before_replace=True, depends_on=needs)
    return pulumi.CustomResource("site:index:Member", name, inputs, options)


def pairs(name: str, node: pulumi.CustomResource) -> None:
    """Ask for its port, which is nothing here, to let its pods pass."""
    port = pulumi.CustomResource("site:index:Secret", name, {"name": name})
    range_ = node.podCidr  # type: ignore[attr-defined]
    inputs = {"name": name, "cloud": "here", "portId": port.id, "podCidr": range_}
    options = pulumi.ResourceOptions(deleted_with=port)
    pulumi.CustomResource("site:index:AddressPairs", name, inputs, options)


made: list[pulumi.Resource] = []
for machine, told in json.loads((TOP / "members.json").read_text()).items():
    has_port = told.pop("port", False)
    made.append(node := member(machine, told, made[-1:]))
    pulumi.export(machine, node.podCidr)  # type: ignore[attr-defined]
    if has_port:
        pairs(machine, node)
