"""Stack outputs: what a site exports is exactly what infra.outputs.Outputs reads."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from infra.outputs import Outputs
from infra.testing import configuration, plan
from stacks import outputs
from stacks.__main__ import program


def test_the_exports_of_a_site_are_all_fields_of_the_model(sections: dict[str, Any]) -> None:
    exported = plan(program, stack="local", config=configuration(sections)).outputs
    read = Outputs.model_validate(exported)
    assert read.model_dump(mode="json", by_alias=True) == exported


def test_the_kubeconfig_alone_is_secret(sections: dict[str, Any]) -> None:
    deployed = plan(program, stack="local", config=configuration(sections))
    assert deployed.secrets == {"kubeconfig"}
    assert deployed.outputs["kubeconfig"] == "kubeconfig-of-control-0"
    assert "kubeconfig-of" not in repr(Outputs.model_validate(deployed.outputs))


def test_a_value_that_the_model_refuses_is_not_exported() -> None:
    with pytest.raises(ValueError, match="Field required"):
        plan(lambda: outputs.export({"machines": {"a": {"address": "1", "serverId": "2"}}}))


def test_an_output_is_exported_by_its_name_in_the_model() -> None:
    def program() -> None:
        server = pulumi.Output.from_input("a")
        outputs.export({"storage": {"server": server, "path": "/b", "volume_id": "c"}})

    exported = plan(program).outputs
    assert exported == {"storage": {"server": "a", "path": "/b", "volumeId": "c"}}
