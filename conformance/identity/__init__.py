"""Conformance tests of identity: who may log in, and who administers the hub."""

from __future__ import annotations

from typing import Final

__all__ = ["REQUIREMENTS"]

REQUIREMENTS: Final = ("IAM-01",)
"""Ids of this folder; a fast test compares them with the marks of its tests."""
