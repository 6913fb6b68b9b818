"""Sessions and the role `leave`: the plugin's selectors, and their negation in the role."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from infra.operations.kubectl import Kubectl
from infra.operations.processes import Result
from infra.operations.sessions import SELECTORS
from infra.site.values import PLAYBOOKS

PROGRAM = Path(sys.executable).with_name("ansible")


class OnePod:
    """A connection to a cluster with one pod, whose labels match the first selector only."""

    def __init__(self) -> None:
        self.inventory_variables: dict[str, Any] = {}
        self.environment: dict[str, str] = {}

    async def execute(self, _machine: str, *command: str) -> Result:
        """Return the pod for the first selector, and nothing for any other."""
        pod = {"metadata": {"namespace": "sessions", "name": "jupyter-ada"}}
        found = [pod] if f"--selector={SELECTORS[0]}" in command else []
        return Result(0, json.dumps({"items": found}), "")

    def describe(self, machine: str) -> str:
        """Return the name of the machine."""
        return machine

    async def close(self) -> None:
        """Do nothing."""


def test_a_pod_that_matches_one_selector_is_a_session() -> None:
    found = asyncio.run(Kubectl(OnePod(), "c1").sessions("w1"))
    assert found == ["sessions/jupyter-ada"]


def test_the_role_evicts_only_pods_that_match_no_selector() -> None:
    given = json.dumps({"leave_session_selectors": list(SELECTORS)})
    printed = subprocess.run(
        [
            *(PROGRAM, "localhost", "--inventory=localhost,", "--connection=local"),
            *("--module-name=debug", "--args=var=leave_other_pods", "--one-line"),
            *(f"--extra-vars={given}", f"--extra-vars=@{PLAYBOOKS}/roles/leave/vars/main.yml"),
        ],
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    assert "!foreground.internal/session,component!=singleuser-server" in printed
