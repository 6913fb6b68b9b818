"""Loads the pytest plugin of the kit, conformance/kit/suite/plugin.py."""

from __future__ import annotations

pytest_plugins = ["conformance.kit.suite.plugin"]
