"""Tests of Pulumi programs without an engine: the resources that a program declares, as data."""

from .plans import Plan, Resource, id_of, plan
from .sites import complete_site, configuration, without_overlay

__all__ = [
    "Plan",
    "Resource",
    "complete_site",
    "configuration",
    "id_of",
    "plan",
    "without_overlay",
]
