"""The pytest plugin: reports of this room are kept in this room."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.kit.suite.plugin import REPORTS

__all__: list[str] = []


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Say so before the kit looks; of two that are to be first, the one loaded last is."""
    config.stash[REPORTS] = Path(__file__).parent / "reports"
