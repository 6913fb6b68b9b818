"""Fixtures of the lab tests: one lab of the site `ci`; a failed test leaves evidence."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lab import evidence
from lab.instance import LabInstance
from lab.testing import host_snapshot
from lab.testing.cloud import Cloud

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

CI = LabInstance.named("ci")
OF_OPENSTACKSDK = ("RemovedInSDK50Warning", "RemovedInSDK60Warning", "OpenStackDeprecationWarning")


@pytest.fixture(scope="session")
def typed() -> Callable[..., None]:
    """Return a function that runs `python -m lab <command> ci`."""

    def run(command: str, *options: str) -> None:
        subprocess.run([sys.executable, "-m", "lab", command, CI.site, *options], check=True)

    return run


@pytest.fixture(scope="session")
def before(typed: Callable[..., None]) -> dict[str, set[str]]:
    """Return a snapshot of the host without this lab."""
    typed("down")  # an earlier run may have been interrupted
    return host_snapshot.take(CI.site)


@pytest.fixture(scope="session")
def ci(typed: Callable[..., None], before: dict[str, set[str]]) -> Iterator[LabInstance]:
    """Start the lab of `ci`; at the end remove it with its state."""
    assert before
    typed("up")
    yield CI
    typed("reset", "--yes")


@pytest.fixture(scope="session")
def cloud(ci: LabInstance, tmp_path_factory: pytest.TempPathFactory) -> Cloud:
    """Return a client of an unprivileged user whose project is empty."""
    cloud = Cloud(ci, tmp_path_factory.mktemp("ssh"))
    cloud.clean()
    return cloud


@pytest.fixture(scope="module")
def tidy(cloud: Cloud) -> Iterator[None]:
    """Empty the project after each module."""
    yield
    cloud.clean()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the test that ends the lab to the end."""
    for item in items:
        if item.get_closest_marker("lab"):  # openstacksdk warns about its own use of its functions
            for warning in OF_OPENSTACKSDK:
                ignore = f"ignore::openstack.warnings.{warning}"
                item.add_marker(pytest.mark.filterwarnings(ignore))
    items.sort(key=lambda item: item.name.startswith("test_last"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Gather evidence while the lab of the failed test still runs."""
    report = yield
    if report.failed and item.get_closest_marker("lab"):
        report.sections.append(("what may explain it", str(evidence.gather(CI))))
    return report
