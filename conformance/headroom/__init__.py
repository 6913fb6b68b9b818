"""Conformance tests of headroom: the order of the priority classes."""

from __future__ import annotations

from typing import Final

__all__ = ["REQUIREMENTS"]

REQUIREMENTS: Final = ("CFG-02",)
"""Ids of this folder; a fast test compares them with the marks of its tests."""
