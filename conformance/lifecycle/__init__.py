"""Conformance tests of a site's lifecycle: its deployment from this repository."""

from __future__ import annotations

from typing import Final

__all__ = ["REQUIREMENTS"]

REQUIREMENTS: Final = ("LIF-04",)
"""Ids of this folder; a fast test compares them with the marks of its tests."""
