"""What a stack has: the outputs of all its resources, as its last state holds them."""

from __future__ import annotations

import time
from typing import Any, Final

import pulumi

__all__ = ["Have", "recorded"]

Have = dict[tuple[str, str], dict[str, Any]]
"""Outputs of the resources in the stack's last state, by type and name."""

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
