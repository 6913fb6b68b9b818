"""Accelerator models: names, resources, MIG profiles."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from infra import accelerators


def test_the_file_has_the_models_of_the_original_platform() -> None:
    assert {"t4", "rtx5000", "a30", "a100-40", "a100-80", "l40s", "h100", "u50", "u250"} <= set(
        accelerators.models()
    )


@pytest.mark.parametrize(
    ("model", "resource"),
    [("t4", "CUSTOM_GPU_T4"), ("a100-80", "CUSTOM_GPU_A100_80"), ("u50", "CUSTOM_FPGA_U50")],
)
def test_a_model_has_a_resource_class_in_placement(model: str, resource: str) -> None:
    assert accelerators.models()[model].openstack_resource == resource


def test_no_two_models_are_the_same_card() -> None:
    table = accelerators.models().values()
    for field in ("label", "pci", "openstack_resource"):
        assert len({getattr(model, field) for model in table}) == len(table)


def test_all_instances_of_a_mig_profile_fit_on_one_card() -> None:
    for model in accelerators.models().values():
        for profile, count in model.mig.items():
            slices, memory = profile.removesuffix("gb").split("g.")
            assert int(slices) * count <= 7
            assert int(memory) * count <= model.memory


def test_an_unknown_key_is_refused() -> None:
    row = accelerators.models()["t4"].model_dump()
    with pytest.raises(ValidationError, match="speed"):
        accelerators.Model.model_validate({**row, "speed": 3})
