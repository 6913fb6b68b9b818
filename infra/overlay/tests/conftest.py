from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from infra.overlay.base.secrets import Secret
from infra.overlay.base.target import Target, connect
from infra.site import Site, read
from infra.testing import Plan, complete_site, plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """The site `ci`, with every capability."""
    return read("ci", complete_site(tmp_path, "ci"))


@pytest.fixture
def deploy() -> Callable[[Callable[[Target], Any]], Plan]:
    """Run a program that is given a target, and return the resources that it declares."""

    def run(program: Callable[[Target], Any]) -> Plan:
        return plan(lambda: program(connect("kubeconfig", "server-id", Secret("anchor"))))

    return run
