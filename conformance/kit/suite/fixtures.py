"""Fixtures of tests of a site: the site, its API, its people and sessions, and a record."""

from __future__ import annotations

import random
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from conformance.kit.contest.queues import WORKLOAD
from conformance.kit.people.accounts import Accounts
from conformance.kit.people.sessions import Sessions
from conformance.kit.record import Record
from conformance.kit.site.kinds import JOB, POD
from conformance.kit.site.namespaces import Namespaces
from conformance.kit.site.observer import Observer
from conformance.kit.verdicts import Broken
from infra.errors import ForegroundError

from .run_record import RUN, requirement_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conformance.kit.people.participants import Participants
    from conformance.kit.site.api import KubeApi
    from conformance.kit.site.site_under_test import SiteUnderTest

    from .run_record import RunRecord

__all__: list[str] = []


@pytest.fixture(scope="session")
def run(request: pytest.FixtureRequest) -> RunRecord:
    """The record of this run."""
    return request.config.stash[RUN]


@pytest.fixture(scope="session")
def site(run: RunRecord) -> SiteUnderTest:
    """The site under test."""
    assert run.site
    return run.site


@pytest.fixture(scope="session")
def api(site: SiteUnderTest) -> KubeApi:
    """A client of its Kubernetes API."""
    return site.api()


@pytest.fixture
def say(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Print a line on the terminal while a test runs, although pytest captures output."""
    terminal = request.config.pluginmanager.getplugin("terminalreporter")
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def line(text: str) -> None:
        if terminal and capture:
            with capture.global_and_fixture_disabled():
                terminal.ensure_newline()
                terminal.write_line(text)

    return line


@pytest.fixture
def record(request: pytest.FixtureRequest, run: RunRecord, say: Callable[[str], None]) -> Record:
    """The record of this test for its requirement."""
    row = requirement_of(request.node)
    assert row
    record = Record(row, run.folder / "samples" / f"{row.id}.jsonl", say=say)
    run.begin(request.node, record)
    return record


@pytest.fixture
def rounds() -> int:
    """How often a test repeats; the plugin parametrizes it."""
    return 1


@pytest.fixture
def rng(run: RunRecord) -> random.Random:
    """Random choices, the same in each run with the same seed."""
    return random.Random(run.options.seed)  # noqa: S311 - not for a secret


@pytest.fixture(scope="session")
def participants(run: RunRecord) -> Participants:
    """The people that tests may log in as."""
    try:
        return run.options.participants()
    except ForegroundError as error:
        raise Broken(str(error)) from None


@pytest.fixture
def accounts(site: SiteUnderTest, participants: Participants) -> Iterator[Accounts]:
    """People for one test; its end stops their sessions."""
    with ExitStack() as cleanup:
        yield Accounts(site, participants, cleanup)


@pytest.fixture
def observer(api: KubeApi, site: SiteUnderTest) -> Iterator[Observer]:
    """All Pods and Jobs and, on a site with queues, Workloads, while the test runs."""
    kinds = (POD, JOB, WORKLOAD) if site.settings.queueing else (POD, JOB)
    with Observer(api, kinds) as observer:
        yield observer


@pytest.fixture(scope="session")
def namespaces(api: KubeApi) -> Namespaces:
    """The site's namespaces by purpose."""
    return Namespaces.of(api)


@pytest.fixture
def sessions(observer: Observer, namespaces: Namespaces, site: SiteUnderTest) -> Sessions:
    """Starts notebook sessions and finds their pods."""
    return Sessions(observer, namespaces, site.patience)
