"""A member's inputs, parsed from Pulumi's state, and Ansible's inventory made from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from infra.operations.member_inputs import MemberInputs

if TYPE_CHECKING:
    from collections.abc import Callable


def test_inputs_are_parsed_as_the_state_has_them(worker: MemberInputs) -> None:
    assert (worker.server_id, worker.access.user, worker.patience) == ("5f0c", "debian", 120)
    assert worker.access.jump_host is not None
    assert worker.access.jump_host.port == 2222


def test_a_worker_uses_the_api_of_the_first_control_member(worker: MemberInputs) -> None:
    assert worker.api_host == "c1"
    assert [target.name for target in worker.ssh_targets] == ["w1", "c1"]
    assert not worker.serves_the_api


def test_the_first_control_member_serves_the_api(inputs: dict[str, Any]) -> None:
    first = MemberInputs.model_validate({**inputs, "role": "control", "control": None})
    assert first.serves_the_api
    assert first.api_host == "w1"


def test_the_inventory_has_the_machine_and_the_control_member_in_their_groups(
    worker: MemberInputs,
) -> None:
    inventory = worker.inventory({"ansible_user": "debian"})
    assert inventory["all"]["vars"] == {"ansible_user": "debian"}
    assert inventory["all"]["children"] == {
        "worker": {"hosts": {"w1": {"kubernetes_address": "10.0.0.12"}}},
        "control": {"hosts": {"c1": {}}},
    }


@pytest.mark.parametrize(
    "spoil",
    [
        lambda inputs: inputs.pop("serverId"),
        lambda inputs: inputs.update(role="captain"),
        lambda inputs: inputs["access"].pop("user"),
    ],
)
def test_invalid_inputs_are_refused(
    inputs: dict[str, Any], spoil: Callable[[dict[str, Any]], object]
) -> None:
    inputs["access"] = dict(inputs["access"])
    spoil(inputs)
    with pytest.raises(ValidationError):
        MemberInputs.model_validate(inputs)
