"""Conformance tests of storage: the home directories of people."""

from __future__ import annotations

from typing import Final

__all__ = ["REQUIREMENTS"]

REQUIREMENTS: Final = ("STO-02",)
"""Ids of this folder; a fast test compares them with the marks of its tests."""
