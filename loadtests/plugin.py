"""Pytest plugin of the load tests: their reports go to a folder of their own."""

from __future__ import annotations

from pathlib import Path

__all__: list[str] = []


def pytest_conformance_reports() -> Path:
    """Write reports below loadtests/; the kit's own implementation of this hook is called last."""
    return Path(__file__).parent / "reports"
