"""Last state of a stack: the outputs of all its resources, read before any is registered."""

from __future__ import annotations

import time
from typing import Any, Final

import pulumi

from infra import tokens

__all__ = ["State", "read_last_state", "ready_members"]

State = dict[tuple[str, str], dict[str, Any]]
"""Outputs of the resources in the stack's last state, by type token and name."""

_DEADLINE: Final = 10.0
"""Seconds in which the state must become readable."""
_INTERVAL: Final = 0.1
_PARTIAL_WRITE: Final = "failed to load checkpoint"
"""Part of the engine's error when the file backend reads a state that is being written.

The backend writes the file in place; it does not rename a finished one.
"""


def read_last_state() -> State:
    """Return the last state, by a function that the engine offers with every backend."""
    state: State = {}
    for urn, resource in _read_outputs()["outputs"].items():
        *_, kinds, name = urn.split("::")
        state[kinds.split("$")[-1], name] = resource["outputs"]
    return state


def ready_members(role: str, state: State) -> dict[str, dict[str, Any]]:
    """Return the members of a role, by name; a control member counts once it has a kubeconfig."""
    return {
        name: member
        for (kind, name), member in state.items()
        if kind == tokens.MEMBER
        and member.get("role") == role
        and (role != "control" or member.get("kubeconfig"))
    }


def _read_outputs() -> Any:  # noqa: ANN401 - untyped JSON of the engine
    stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    deadline = time.monotonic() + _DEADLINE
    while True:
        try:
            return pulumi.runtime.invoke(
                "pulumi:pulumi:readStackResourceOutputs", {"stackName": stack}
            ).value
        except Exception as error:
            if _PARTIAL_WRITE not in str(error) or time.monotonic() > deadline:
                raise
        time.sleep(_INTERVAL)
