from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pulumi
import pytest

from infra.cluster.last_state import recorded

MEMBER = "site:index:Member"


def test_a_state_that_is_just_being_written_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    urn = f"urn:pulumi:s::p::{MEMBER}::t4-0"
    answers: list[Any] = [
        Exception("readStackResourceOutputs: failed to load checkpoint: EOF"),
        {"outputs": {urn: {"outputs": {"role": "worker"}}}},
    ]

    def engine(*_: object) -> SimpleNamespace:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return SimpleNamespace(value=answer)

    monkeypatch.setattr(pulumi.runtime, "invoke", engine)
    assert recorded() == {(MEMBER, "t4-0"): {"role": "worker"}}
    answers.append(Exception("no such stack"))
    with pytest.raises(Exception, match="no such stack"):
        recorded()
