from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from infra.operations.membership import Membership

if TYPE_CHECKING:
    from collections.abc import Callable


def test_inputs_are_read_as_the_state_has_them(worker: Membership) -> None:
    assert (worker.server_id, worker.access.user, worker.patience) == ("5f0c", "debian", 120)
    assert worker.access.jump_host is not None
    assert worker.access.jump_host.port == 2222


def test_a_worker_asks_the_first_control_member(worker: Membership) -> None:
    assert worker.api_host == "c1"
    assert [machine.name for machine in worker.machines] == ["w1", "c1"]
    assert not worker.holds_the_cluster


def test_the_first_control_member_holds_the_cluster(inputs: dict[str, Any]) -> None:
    first = Membership.model_validate({**inputs, "role": "control", "control": None})
    assert first.holds_the_cluster
    assert first.api_host == "w1"


def test_the_inventory_has_the_machine_in_its_group_and_the_control_member_beside_it(
    worker: Membership,
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
def test_a_member_that_cannot_be_is_refused(
    inputs: dict[str, Any], spoil: Callable[[dict[str, Any]], object]
) -> None:
    inputs["access"] = dict(inputs["access"])
    spoil(inputs)
    with pytest.raises(ValidationError):
        Membership.model_validate(inputs)
