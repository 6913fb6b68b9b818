"""The pytest plugin: which tests run against which site, and the report of what became of them."""

from __future__ import annotations

import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance.kit.requirements import MARK
from conformance.kit.verdicts import Verdict
from infra.errors import ForegroundError

from . import options
from .options import Asked
from .run import ROOM, Judge, requirement_of

if TYPE_CHECKING:
    from collections.abc import Generator
pytest_plugins = ["conformance.kit.suite.fixtures"]
JUDGE = pytest.StashKey[Judge]()
REPORTS = pytest.StashKey[Path]()
"""Where folders of runs are made; another room's plugin may say so before this one looks."""
LONG, SITE = "long", "site"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our options."""
    options.add(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Look at the site, if one is named; have JUnit's report beside ours."""
    asked = Asked.of(config)
    judge = Judge(asked, datetime.now(UTC))
    config.stash[JUDGE] = judge
    if asked.stack or asked.kubeconfig:
        try:
            judge.open(config.stash.get(REPORTS, ROOM / "reports"))
        except ForegroundError as error:
            raise pytest.UsageError(str(error)) from None
        signal.signal(signal.SIGTERM, _as_interrupt)
        if not config.getoption("xmlpath"):
            config.option.xmlpath = str(judge.folder / "junit.xml")


def _as_interrupt(*_: object) -> None:
    """End as by Ctrl-C, so that jobs and sessions of the run are cleared away."""
    raise KeyboardInterrupt


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try a test as often as was asked for: by default briefly; in full under the mark long."""
    row = next((mark.args[0] for mark in metafunc.definition.iter_markers(MARK)), None)
    if not row or "rounds" not in metafunc.fixturenames:
        return
    asked = metafunc.config.stash[JUDGE].asked.rounds
    if asked or not row.rounds:
        metafunc.parametrize("rounds", [asked or 1], ids=[f"{asked or 1}-rounds"])
        return
    brief, full = row.rounds.brief, row.rounds.full
    metafunc.parametrize(
        "rounds",
        [
            pytest.param(brief, id=f"{brief}-rounds"),
            pytest.param(full, id=f"{full}-rounds", marks=getattr(pytest.mark, LONG)),
        ],
    )


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None]:
    """Remember every requirement, also those deselected; drop what the site does not claim."""
    judge = config.stash[JUDGE]
    for item in items:
        if row := requirement_of(item):
            judge.knows(row, item)
    yield
    ours = [item for item in items if requirement_of(item)]
    if config.option.collectonly:
        return
    if not judge.view and any(item.get_closest_marker(SITE) for item in items):
        raise pytest.UsageError(
            "Which site is to be judged?\n"
            "  try: --stack NAME, or --kubeconfig FILE --site-file FILE, or -m 'not site'"
        )
    dropped = [item for item in ours if judge.drops(item, ours)]
    items[:] = [item for item in items if item not in dropped]
    config.hook.pytest_deselected(items=dropped)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Judge by what a test did; JUnit tells the same."""
    report = yield
    row = requirement_of(item)
    if row:
        error = call.excinfo.value if call.excinfo else None
        judge = item.config.stash[JUDGE]
        judge.phase(item, call.when, error)
        if call.when == "teardown":
            report.user_properties += judge.told(item)
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the report."""
    judge = session.config.stash[JUDGE]
    if judge.ran:
        judge.write()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what became of each requirement, and where the report is."""
    judge = terminalreporter.config.stash[JUDGE]
    if not judge.report:
        return
    terminalreporter.section(f"site {judge.report.environment.site}: {judge.report.verdict}")
    for one in judge.report.tests:
        colour = {Verdict.PASSED: "green", Verdict.PART: "green"}.get(one.verdict, "yellow")
        line = f"{one.id}  {one.verdict:<12} n={one.n:<4} {one.why or '; '.join(one.part)}"
        bad = one.verdict in {Verdict.FAILED, Verdict.BROKEN}
        terminalreporter.write_line(line, **{"red" if bad else colour: True})
    terminalreporter.write_line(f"report: {judge.folder / 'report.yaml'}")
