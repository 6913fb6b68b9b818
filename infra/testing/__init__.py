"""Tests of Pulumi programs without an engine: what a program asks for, as plain data."""

from .plans import Asked, Plan, plan

__all__ = ["Asked", "Plan", "plan"]
