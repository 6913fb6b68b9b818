"""Loads the conformance kit, and where this room keeps its reports."""

from __future__ import annotations

pytest_plugins = ["conformance.kit.suite.plugin", "loadtests.plugin"]
