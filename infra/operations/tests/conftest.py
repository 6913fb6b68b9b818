"""What tests of infra.cluster share: a membership, and a row that remembers."""

from __future__ import annotations

from typing import Any

import pytest

from infra.operations.membership import Membership
from infra.operations.progress import Row


class Screen:
    """Remembers what was written on a row, and tells a time that the test sets."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.now = 0.0

    async def write(self, line: str) -> None:
        """Show a line."""
        self.lines.append(line)

    def row(self) -> Row:
        """Begin a row."""
        return Row(self.write, lambda: self.now)


@pytest.fixture
def screen() -> Screen:
    return Screen()


INPUTS: dict[str, Any] = {
    "name": "w1",
    "serverId": "5f0c",
    "address": "10.0.0.12",
    "role": "worker",
    "access": {
        "user": "debian",
        "keyFile": "/keys/site",
        "jumpHost": {"host": "way.example", "user": "jump", "port": 2222},
    },
    "control": {"name": "c1", "serverId": "0a1b", "address": "10.0.0.11"},
    "variables": {"kubernetes_address": "10.0.0.12"},
    "kubeconfig": "an output",
}


@pytest.fixture
def inputs() -> dict[str, Any]:
    """Inputs as Pulumi's state has them."""
    return dict(INPUTS)


@pytest.fixture
def worker(inputs: dict[str, Any]) -> Membership:
    return Membership.model_validate(inputs)
