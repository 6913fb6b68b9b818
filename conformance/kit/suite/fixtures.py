"""Fixtures: what tests of a site are given: the site, its cluster, its people, a record."""

from __future__ import annotations

import random
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from conformance.kit.contest.evictions import Spaces
from conformance.kit.people.accounts import Crowd
from conformance.kit.record import Record
from conformance.kit.site.observer import Observer
from conformance.kit.verdicts import Broken
from infra.errors import ForegroundError

from .run import requirement_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conformance.kit.people.participants import People
    from conformance.kit.site.api import Cluster
    from conformance.kit.site.site_under_test import View

    from .run import Judge

__all__: list[str] = []

KINDS = ("Pod", "Job", "Workload")


@pytest.fixture(scope="session")
def judge(request: pytest.FixtureRequest) -> Judge:
    """The book of this run."""
    from .plugin import JUDGE  # noqa: PLC0415 - the plugin loads this module

    return request.config.stash[JUDGE]


@pytest.fixture(scope="session")
def view(judge: Judge) -> View:
    """The site that is judged."""
    assert judge.view
    return judge.view


@pytest.fixture(scope="session")
def cluster(view: View) -> Cluster:
    """The way to its Kubernetes API."""
    return view.cluster()


@pytest.fixture
def say(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Tell whoever waits in front of a test, past pytest's capturing."""
    terminal = request.config.pluginmanager.getplugin("terminalreporter")
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def tell(line: str) -> None:
        if terminal and capture:
            with capture.global_and_fixture_disabled():
                terminal.ensure_newline()
                terminal.write_line(line)

    return tell


@pytest.fixture
def record(request: pytest.FixtureRequest, judge: Judge, say: Callable[[str], None]) -> Record:
    """What this test sees of its requirement."""
    row = requirement_of(request.node)
    assert row
    record = Record(row, judge.folder / "samples" / f"{row.id}.jsonl", say=say)
    judge.begin(request.node, record)
    return record


@pytest.fixture
def rounds() -> int:
    """How often it is tried; the plugin says so."""
    return 1


@pytest.fixture
def lots(judge: Judge) -> random.Random:
    """What is drawn by lot, the same at each run with the same seed."""
    return random.Random(judge.asked.seed)  # noqa: S311 - no secret


@pytest.fixture(scope="session")
def people(judge: Judge) -> People:
    """Who logs in."""
    try:
        return judge.asked.people()
    except ForegroundError as error:
        raise Broken(str(error)) from None


@pytest.fixture
def crowd(view: View, people: People) -> Iterator[Crowd]:
    """People at work; whatever session they leave is stopped at the end."""
    with ExitStack() as rest:
        yield Crowd(view, people, rest)


@pytest.fixture
def observer(cluster: Cluster, view: View) -> Iterator[Observer]:
    """All pods and, where there is a queue, jobs and workloads, while the test lasts."""
    with Observer(cluster, KINDS if view.site.queueing else KINDS[:2]) as watched:
        yield watched


@pytest.fixture(scope="session")
def spaces(cluster: Cluster) -> Spaces:
    """Which namespaces are whose."""
    return Spaces.of(cluster)
