"""Leave: the variables of its playbook, and when a machine counts as dead.

Ansible is the real one, with a small playbook on this machine. The connection is a fake with fixed
results, so nothing here shows how a cluster behaves.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from infra.errors import ForegroundError
from infra.operations import leave as leave_module
from infra.operations.leave import leave
from infra.operations.operation import OperationContext
from infra.operations.processes import Result

if TYPE_CHECKING:
    from pathlib import Path

    from infra.operations.member_inputs import MemberInputs
    from infra.operations.tests.conftest import Screen

PLAYBOOK = """
- hosts: worker
  gather_facts: false
  tasks:
    - name: Write the variables
      ansible.builtin.copy:
        dest: {file}
        content: "{{{{ [leave_patience, leave_dead, leave_session_selectors] | to_json }}}}"
"""
SELECTORS = ["foreground.internal/session", "component=singleuser-server"]


class FixedConnection:
    """A connection to a machine and a control machine, each with one fixed result."""

    def __init__(self, login: int, ready: str) -> None:
        self.inventory_variables: dict[str, Any] = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
        }
        self.environment: dict[str, str] = {}
        self.login = login
        self.node = json.dumps({"status": {"conditions": [{"type": "Ready", "status": ready}]}})

    async def execute(self, machine: str, *_command: str) -> Result:
        """Return the result of a login, or the node."""
        return Result(0, self.node, "") if machine == "c1" else Result(self.login, "", "")

    def describe(self, machine: str) -> str:
        """Return the name of the machine."""
        return machine

    async def close(self) -> None:
        """Do nothing."""


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leave_module, "_LOGIN", 0.0)
    monkeypatch.setattr(leave_module, "_NOT_READY", 0.0)


def run_leave(
    inputs: MemberInputs, folder: Path, screen: Screen, connection: FixedConnection
) -> Any:  # noqa: ANN401 - any JSON
    """Run leave; return the variables that the playbook got."""
    written = folder / "variables.json"
    (folder / "known").mkdir()
    (folder / "known" / inputs.server_id).touch()
    (folder / "leave.yml").write_text(PLAYBOOK.format(file=written))
    context = OperationContext(folder / "known", folder, lambda *_: connection)

    async def operate() -> None:
        async with context.operation(inputs, screen.progress()) as operation:
            await leave(operation)

    asyncio.run(operate())
    return json.loads(written.read_text())


def test_the_playbook_gets_patience_and_the_selectors_of_sessions(
    worker: MemberInputs, tmp_path: Path, screen: Screen
) -> None:
    found = run_leave(worker, tmp_path, screen, FixedConnection(0, "True"))
    assert found == [120, False, SELECTORS]
    assert list((tmp_path / "known").iterdir()) == []


def test_a_machine_without_ssh_whose_node_is_not_ready_is_dead(
    worker: MemberInputs, tmp_path: Path, screen: Screen
) -> None:
    assert run_leave(worker, tmp_path, screen, FixedConnection(255, "Unknown"))[1] is True


def test_a_machine_without_ssh_whose_node_is_ready_does_not_leave(
    worker: MemberInputs, tmp_path: Path, screen: Screen
) -> None:
    with pytest.raises(ForegroundError, match="its node is Ready, so somebody may be working"):
        run_leave(worker, tmp_path, screen, FixedConnection(255, "True"))
    assert not (tmp_path / "variables.json").exists()
    assert (tmp_path / "known" / worker.server_id).exists()
