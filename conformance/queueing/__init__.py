"""Requirements of queueing: batch gives way to sessions, and Kueue leaves them alone."""

from __future__ import annotations

from typing import Final

__all__ = ["REQUIREMENTS"]

REQUIREMENTS: Final = ("CFG-04", "EVI-01", "EVI-17", "FLT-03")
"""Ids of this folder; a fast test compares them with the marks of its tests."""
