"""Fixtures of the operations: a member's inputs, and a progress line that records its texts."""

from __future__ import annotations

from typing import Any

import pytest

from infra.operations.member_inputs import MemberInputs
from infra.operations.progress import ProgressLine


class Screen:
    """Records what a progress line shows, by a clock that the test sets."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.now = 0.0

    async def write(self, line: str) -> None:
        """Record a line."""
        self.lines.append(line)

    def progress(self) -> ProgressLine:
        """Begin a progress line."""
        return ProgressLine(self.write, lambda: self.now)


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
    """Return inputs as Pulumi's state has them."""
    return dict(INPUTS)


@pytest.fixture
def worker(inputs: dict[str, Any]) -> MemberInputs:
    return MemberInputs.model_validate(inputs)
