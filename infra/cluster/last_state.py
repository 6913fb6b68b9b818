"""What a stack has: the outputs of all its resources, as its last state holds them."""

from __future__ import annotations

import time
from typing import Any, Final

import pulumi

from .member import TOKEN

__all__ = ["WAY_BACK", "Have", "recorded", "standing"]

Have = dict[tuple[str, str], dict[str, Any]]
"""Outputs of the resources in the stack's last state, by type and name."""

WAY_BACK: Final = (
    "Put the old value back, or take the site down and up again: "
    "`make down SITE={site}` keeps the volume"
)
"""What to type where a change is refused that what stands cannot take."""

_READ_S: Final = 10.0
_AGAIN_S: Final = 0.1
_HALF_WRITTEN: Final = "failed to load checkpoint"
"""Said where the file backend's reader meets its writer, which does not write aside and rename."""


def recorded() -> Have:
    """Read it, by a function that the engine offers with every backend.

    It is read before the program asks for anything, so that what cannot be is refused while
    nothing is touched.
    """
    have: Have = {}
    for urn, resource in _read()["outputs"].items():
        *_, kinds, name = urn.split("::")
        have[kinds.split("$")[-1], name] = resource["outputs"]
    return have


def standing(role: str, have: Have) -> dict[str, dict[str, Any]]:
    """Return the members of a role by name; a control machine without a cluster yet is none."""
    return {
        name: member
        for (kind, name), member in have.items()
        if kind == TOKEN
        and member.get("role") == role
        and (role != "control" or member.get("kubeconfig"))
    }


def _read() -> Any:  # noqa: ANN401 - what the engine answers
    stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    deadline = time.monotonic() + _READ_S
    while True:
        try:
            return pulumi.runtime.invoke(
                "pulumi:pulumi:readStackResourceOutputs", {"stackName": stack}
            ).value
        except Exception as error:
            if _HALF_WRITTEN not in str(error) or time.monotonic() > deadline:
                raise
        time.sleep(_AGAIN_S)
