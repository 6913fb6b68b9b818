"""One lab of the site `ci` for all tests marked `lab`; where one fails, evidence stays behind."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lab import evidence
from lab.instance import Instance
from lab.testing import host
from lab.testing.cloud import Cloud

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

CI = Instance.named("ci")
OF_OPENSTACKSDK = ("RemovedInSDK50Warning", "RemovedInSDK60Warning", "OpenStackDeprecationWarning")


@pytest.fixture(scope="session")
def typed() -> Callable[..., None]:
    """Type `python -m lab <command> ci`."""

    def run(command: str, *options: str) -> None:
        subprocess.run([sys.executable, "-m", "lab", command, CI.site, *options], check=True)

    return run


@pytest.fixture(scope="session")
def before(typed: Callable[..., None]) -> dict[str, set[str]]:
    """What the host has without this lab."""
    typed("down")  # left by an interrupted run
    return host.count(CI.site)


@pytest.fixture(scope="session")
def ci(typed: Callable[..., None], before: dict[str, set[str]]) -> Iterator[Instance]:
    """Have the lab of `ci` up; at the end nothing of it is left, its state included."""
    assert before
    typed("up")
    yield CI
    typed("reset", "--yes")


@pytest.fixture(scope="session")
def cloud(ci: Instance, tmp_path_factory: pytest.TempPathFactory) -> Cloud:
    """Be a plain user of it, whose project is empty at first."""
    cloud = Cloud(ci, tmp_path_factory.mktemp("ssh"))
    cloud.clean()
    return cloud


@pytest.fixture(scope="module")
def tidy(cloud: Cloud) -> Iterator[None]:
    """Leave the project empty to the next module."""
    yield
    cloud.clean()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What ends the lab runs when all others have run."""
    for item in items:
        if item.get_closest_marker("lab"):  # openstacksdk warns of how it uses itself
            for warning in OF_OPENSTACKSDK:
                ignore = f"ignore::openstack.warnings.{warning}"
                item.add_marker(pytest.mark.filterwarnings(ignore))
    items.sort(key=lambda item: item.get_closest_marker("lab") is not None and "last" in item.name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Gather evidence while what failed still runs."""
    report = yield
    if report.failed and item.get_closest_marker("lab"):
        report.sections.append(("what may explain it", str(evidence.gather(CI))))
    return report
