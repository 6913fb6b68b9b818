"""Requirements of identity: who may log in."""

from __future__ import annotations

from typing import Final

__all__ = ["REQUIREMENTS"]

REQUIREMENTS: Final = ("IAM-01",)
"""Ids of this folder; a fast test compares them with the marks of its tests."""
