"""Conformance tests of accelerators: which device files a session and a batch pod can open."""

from __future__ import annotations

from typing import Final

__all__ = ["REQUIREMENTS"]

REQUIREMENTS: Final = ("GPU-01",)
"""Ids of this folder; a fast test compares them with the marks of its tests."""
