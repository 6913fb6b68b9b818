"""Names, numbers and addresses of lab instances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from infra.errors import ForegroundError
from lab import instance
from lab.instance import LabInstance

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instance, "STATE", tmp_path)


def test_the_sites_of_the_repository_have_fixed_addresses() -> None:
    assert str(LabInstance.named("local").api) == "127.77.0.2"
    assert str(LabInstance.named("ci").bastion) == "127.77.1.3"
    assert str(LabInstance.named("ci").inside) == "10.91.1.1"


def test_another_site_holds_its_number_until_it_is_released() -> None:
    first, second = LabInstance.named("first"), LabInstance.named("second")
    assert first.number == second.number == 2
    first.claim()
    assert LabInstance.named("first") == first
    assert LabInstance.named("second").number == 3
    with pytest.raises(ForegroundError, match="took the number 2"):
        second.claim()
    first.release()
    assert LabInstance.named("second").number == 2


@pytest.mark.parametrize("name", ["", "Upper", "1st", "has_underscore", "evidence", "a" * 16])
def test_an_invalid_site_name_is_refused(name: str) -> None:
    with pytest.raises(ForegroundError, match="cannot be the name of a site"):
        LabInstance.named(name)
