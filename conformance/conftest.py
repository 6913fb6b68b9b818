"""Loads the kit; what it adds to pytest is in conformance/kit/suite/plugin.py."""

from __future__ import annotations

pytest_plugins = ["conformance.kit.suite.plugin"]
