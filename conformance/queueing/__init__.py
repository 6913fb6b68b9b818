"""Conformance tests of queueing: batch is evicted for sessions, and Kueue manages no session."""

from __future__ import annotations

from typing import Final

__all__ = ["REQUIREMENTS"]

REQUIREMENTS: Final = ("CFG-04", "EVI-01", "EVI-17", "FLT-03")
"""Ids of this folder; a fast test compares them with the marks of its tests."""
