"""Reading the last state of a stack, also while the file backend writes it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pulumi
import pytest

from infra.cluster.last_state import read_last_state

MEMBER = "site:index:Member"


def test_a_state_that_is_being_written_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    urn = f"urn:pulumi:s::p::{MEMBER}::t4-0"
    responses: list[Any] = [
        Exception("readStackResourceOutputs: failed to load checkpoint: EOF"),
        {"outputs": {urn: {"outputs": {"role": "worker"}}}},
    ]

    def engine(*_: object) -> SimpleNamespace:
        response = responses.pop(0)
        if isinstance(response, Exception):
            raise response
        return SimpleNamespace(value=response)

    monkeypatch.setattr(pulumi.runtime, "invoke", engine)
    assert read_last_state() == {(MEMBER, "t4-0"): {"role": "worker"}}
    responses.append(Exception("no such stack"))
    with pytest.raises(Exception, match="no such stack"):
        read_last_state()
