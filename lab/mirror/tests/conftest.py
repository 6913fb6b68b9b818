"""Fixtures of the mirror's tests: every fast test has a cache of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "foreground" / "mirror"


@pytest.fixture(autouse=True)
def _own_cache(request: pytest.FixtureRequest) -> None:
    if not request.node.get_closest_marker("lab"):
        request.getfixturevalue("cache_folder")
