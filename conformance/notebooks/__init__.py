"""Conformance tests of notebooks: sessions and the hub."""

from __future__ import annotations

from typing import Final

__all__ = ["REQUIREMENTS"]

REQUIREMENTS: Final = ("INT-01", "INT-09")
"""Ids of this folder; a fast test compares them with the marks of its tests."""
