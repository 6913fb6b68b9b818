"""Names, numbers and addresses of lab instances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from infra.errors import ForegroundError
from lab import instance
from lab.instance import Instance

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instance, "STATE", tmp_path)


def test_the_sites_of_the_repository_have_fixed_addresses() -> None:
    assert str(Instance.named("local").api) == "127.77.0.2"
    assert str(Instance.named("ci").bastion) == "127.77.1.3"
    assert str(Instance.named("ci").inside) == "10.91.1.1"


def test_another_site_holds_its_number_until_it_is_released() -> None:
    first, second = Instance.named("first"), Instance.named("second")
    assert first.number == second.number == 2
    first.claim()
    assert Instance.named("first") == first
    assert Instance.named("second").number == 3
    with pytest.raises(ForegroundError, match="took the number 2"):
        second.claim()
    first.release()
    assert Instance.named("second").number == 2


@pytest.mark.parametrize("name", ["", "Upper", "1st", "has_underscore", "evidence", "a" * 16])
def test_an_invalid_site_name_is_refused(name: str) -> None:
    with pytest.raises(ForegroundError, match="cannot be the name of a site"):
        Instance.named(name)
