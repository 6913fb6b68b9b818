"""Loads the pytest plugins of the conformance kit and of the load tests."""

from __future__ import annotations

pytest_plugins = ["conformance.kit.suite.plugin", "loadtests.plugin"]
