"""Options of the kit on pytest's command line: the site, its people, the rounds, the report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.kit.people.participants import Participants
from conformance.kit.requirements import LANES
from conformance.kit.site.site_under_test import SiteUnderTest
from infra.errors import ForegroundError

if TYPE_CHECKING:
    import pytest

    from conformance.kit.requirements import Lane

__all__ = ["Options", "add"]

_CA = "a certificate authority that people trust there; may be repeated"
_WHOSE = "for the report: organization, project, url, version or contact; may be repeated"
_STRICT = "fail unless each requirement has the verdict that its test expects on this lane"


def add(parser: pytest.Parser) -> None:
    """Add the options to pytest's."""
    group = parser.getgroup("conformance", "judging a site")
    option = group.addoption
    option("--stack", metavar="NAME", help="the site of this stack, after `. ./activate NAME`")
    option("--kubeconfig", type=Path, metavar="FILE", help="the site of this kubeconfig")
    option("--site-file", type=Path, metavar="FILE", help="with --kubeconfig: its site file")
    option("--ca-file", type=Path, action="append", default=[], metavar="FILE", help=_CA)
    option("--people", type=Path, metavar="FILE", help="accounts: password files and groups")
    option("--rounds", type=int, metavar="N", help="how often each requirement is tried")
    option("--lane", choices=LANES, default="K", help="what kind of place the site is")
    option("--cannot-show", type=Path, metavar="FILE", help="what it cannot show, one a line")
    option("--whose", action="append", default=[], metavar="KEY=VALUE", help=_WHOSE)
    option("--seed", type=int, default=20260824, help="seed of every random choice")
    option("--report-dir", type=Path, metavar="FOLDER", help="folder for report and samples")
    option("--strict-verdicts", action="store_true", help=_STRICT)


@dataclass(frozen=True)
class Options:
    """Values of the options.

    Attributes:
        stack: Name of the stack, or None.
        kubeconfig: File, or None.
        site_file: File with what the site claims, or None.
        ca_files: Certificate authorities of the site.
        people_file: File of accounts, or None.
        rounds: How often each requirement is tried; None means as its mark says.
        lane: Where the site is judged.
        cannot_show_file: File of what the lane cannot show, or None.
        whose: Who runs the site, by the fields of the report.
        seed: Of every random choice.
        report_dir: Folder of the report, or None.
        strict: Whether an unexpected verdict fails the run.
    """

    stack: str | None
    kubeconfig: Path | None
    site_file: Path | None
    ca_files: tuple[Path, ...]
    people_file: Path | None
    rounds: int | None
    lane: Lane
    cannot_show_file: Path | None
    whose: dict[str, str]
    seed: int
    report_dir: Path | None
    strict: bool = False

    @classmethod
    def of(cls, config: pytest.Config) -> Options:
        """Read them from pytest."""
        get = config.getoption
        return cls(
            stack=get("--stack"),
            kubeconfig=get("--kubeconfig"),
            site_file=get("--site-file"),
            ca_files=tuple(get("--ca-file")),
            people_file=get("--people"),
            rounds=get("--rounds"),
            lane=get("--lane"),
            cannot_show_file=get("--cannot-show"),
            whose=dict(word.split("=", 1) for word in get("--whose") if "=" in word),
            seed=get("--seed"),
            report_dir=get("--report-dir"),
            strict=get("--strict-verdicts"),
        )

    def site_under_test(self) -> SiteUnderTest:
        """Return the site.

        Raises:
            ForegroundError: The options name no site, or its files cannot be read.
        """
        if self.stack and not self.kubeconfig:
            return SiteUnderTest.of_stack(self.stack, self.ca_files)
        if self.kubeconfig and self.site_file and not self.stack:
            return SiteUnderTest.of_files(self.kubeconfig, self.site_file, self.ca_files)
        raise ForegroundError(
            "Which site is to be judged?", "--stack NAME, or --kubeconfig FILE --site-file FILE"
        )

    def participants(self) -> Participants:
        """Return the accounts.

        Raises:
            ForegroundError: The options name no file of accounts, or it cannot be read.
        """
        if not self.people_file:
            raise ForegroundError("Who is to log in?", "--people FILE")
        return Participants.read(self.people_file)

    def cannot_show(self) -> list[str]:
        """Return what the lane cannot show, one entry per line of its file."""
        if not self.cannot_show_file:
            return []
        lines = self.cannot_show_file.read_text().splitlines()
        return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
