"""Hook specifications of the kit: the report folder, which another pytest plugin may choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["pytest_conformance_reports"]


@pytest.hookspec(firstresult=True)
def pytest_conformance_reports() -> Path | None:
    """Return the folder in which each run makes a folder for its report and its samples.

    The kit's own implementation is called last, whatever the order of registration is.
    """
