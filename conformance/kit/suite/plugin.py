"""Pytest plugin of the kit: chooses the tests of a site, records verdicts, writes the report."""

from __future__ import annotations

import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from conformance.kit.requirements import MARK
from conformance.kit.verdicts import Verdict
from infra.errors import ForegroundError

from . import hooks, options
from .run_record import ROOM, RUN, RunRecord, requirement_of

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

__all__: list[str] = []

pytest_plugins = ["conformance.kit.suite.fixtures"]
LONG, SITE = "long", "site"


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the hooks of the kit."""
    pluginmanager.add_hookspecs(hooks)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the kit."""
    options.add(parser)


@pytest.hookimpl(trylast=True)
def pytest_conformance_reports() -> Path:
    """Write reports below conformance/, unless another plugin names a folder."""
    return ROOM / "reports"


@pytest.hookimpl(tryfirst=True)  # before pytest's own JUnit plugin reads its option
def pytest_configure(config: pytest.Config) -> None:
    """Open the site that the options name, and write a JUnit report as well."""
    given = options.Options.of(config)
    run = RunRecord(given, datetime.now(UTC))
    config.stash[RUN] = run
    if given.stack or given.kubeconfig:
        try:
            run.open(config.hook.pytest_conformance_reports())
        except ForegroundError as error:
            raise pytest.UsageError(str(error)) from None
        signal.signal(signal.SIGTERM, _interrupt)
        if not config.getoption("xmlpath"):
            config.option.xmlpath = str(run.folder / "junit.xml")


def _interrupt(*_: object) -> None:
    """End as on Ctrl-C, so that the jobs and sessions of the run are deleted."""
    raise KeyboardInterrupt


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize a test by its rounds: --rounds, or brief, and full under the mark `long`."""
    row = next((mark.args[0] for mark in metafunc.definition.iter_markers(MARK)), None)
    if not row or "rounds" not in metafunc.fixturenames:
        return
    given = metafunc.config.stash[RUN].options.rounds
    if given or not row.rounds:
        metafunc.parametrize("rounds", [given or 1], ids=[f"{given or 1}-rounds"])
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
    """Record every requirement, deselected ones too; deselect what the site does not claim."""
    run = config.stash[RUN]
    for item in items:
        if row := requirement_of(item):
            run.add(row, item)
    yield
    ours = [item for item in items if requirement_of(item)]
    if config.option.collectonly:
        return
    if not run.site and any(item.get_closest_marker(SITE) for item in items):
        raise pytest.UsageError(
            "Which site is to be judged?\n"
            "  try: --stack NAME, or --kubeconfig FILE --site-file FILE, or -m 'not site'"
        )
    dropped = [item for item in ours if run.drops(item, ours)]
    items[:] = [item for item in items if item not in dropped]
    config.hook.pytest_deselected(items=dropped)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Record the verdict of each phase of a test, and add it to the JUnit report."""
    report = yield
    row = requirement_of(item)
    if row:
        error = call.excinfo.value if call.excinfo else None
        run = item.config.stash[RUN]
        run.phase(item, call.when, error)
        if call.when == "teardown":
            report.user_properties += run.properties(item)
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the report; with --strict-verdicts, fail for an unexpected verdict."""
    run = session.config.stash[RUN]
    if run.ran:
        run.write()
    if run.options.strict and session.exitstatus == pytest.ExitCode.OK and run.unexpected():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the verdict of each requirement, and the path of the report."""
    run = terminalreporter.config.stash[RUN]
    if run.options.strict and run.site:
        for line in run.unexpected():
            terminalreporter.write_line(line, red=True)
    if not run.report:
        return
    terminalreporter.section(f"site {run.report.environment.site}: {run.report.verdict}")
    for one in run.report.tests:
        colour = {Verdict.PASSED: "green", Verdict.PART: "green"}.get(one.verdict, "yellow")
        line = f"{one.id}  {one.verdict:<12} n={one.n:<4} {one.why or '; '.join(one.part)}"
        bad = one.verdict in {Verdict.FAILED, Verdict.BROKEN}
        terminalreporter.write_line(line, **{"red" if bad else colour: True})
    terminalreporter.write_line(f"report: {run.folder / 'report.yaml'}")
