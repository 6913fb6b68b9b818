from __future__ import annotations

from pathlib import Path

import pytest

import loadtests.plugin
from conformance.kit.suite import hooks
from conformance.kit.suite import plugin as kit

TOP = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("plugins", [(kit, loadtests.plugin), (loadtests.plugin, kit)])
def test_reports_go_to_the_load_tests_whatever_the_order_of_plugins_is(
    plugins: tuple[object, ...],
) -> None:
    manager = pytest.PytestPluginManager()
    manager.add_hookspecs(hooks)
    for plugin in plugins:
        manager.register(plugin)
    assert manager.hook.pytest_conformance_reports() == TOP / "loadtests" / "reports"


def test_reports_of_the_kit_alone_go_to_conformance() -> None:
    manager = pytest.PytestPluginManager()
    manager.add_hookspecs(hooks)
    manager.register(kit)
    assert manager.hook.pytest_conformance_reports() == TOP / "conformance" / "reports"
