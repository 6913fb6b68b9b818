"""Options: what is judged, on which lane, how often; what pytest's command line says of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from conformance.kit.people.participants import People
from conformance.kit.site.site_under_test import View
from infra.errors import ForegroundError

from .environment import Lane

if TYPE_CHECKING:
    import pytest

__all__ = ["Asked", "add"]


def add(parser: pytest.Parser) -> None:
    """Add them to pytest's."""
    group = parser.getgroup("conformance", "judging a site")
    what = group.addoption
    what("--stack", metavar="NAME", help="judge the site of this stack, after `. ./activate NAME`")
    what("--kubeconfig", type=Path, metavar="FILE", help="judge a site by its administrator's way")
    what("--site-file", type=Path, metavar="FILE", help="with --kubeconfig: what the site claims")
    what("--ca-file", type=Path, action="append", default=[], metavar="FILE", help=_CA)
    what(
        "--people", type=Path, metavar="FILE", help="who logs in: their password files and groups"
    )
    what("--rounds", type=int, metavar="N", help="try each requirement so often")
    what("--lane", choices=get_args(Lane), default="K", help="what kind of place this is")
    what("--cannot-show", type=Path, metavar="FILE", help="what it cannot show, one a line")
    what("--whose", action="append", default=[], metavar="KEY=VALUE", help=_WHOSE)
    what("--seed", type=int, default=20260824, help="of all that is drawn by lot")
    what("--report-dir", type=Path, metavar="FOLDER", help="where report and samples go")


_CA = "a certificate authority that people of the site trust; may be given again"
_WHOSE = "for the report: organization, project, url, version, contact; may be given again"


@dataclass(frozen=True)
class Asked:
    """The options, read."""

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

    @classmethod
    def of(cls, config: pytest.Config) -> Asked:
        """Read them."""
        say = config.getoption
        return cls(
            stack=say("--stack"),
            kubeconfig=say("--kubeconfig"),
            site_file=say("--site-file"),
            ca_files=tuple(say("--ca-file")),
            people_file=say("--people"),
            rounds=say("--rounds"),
            lane=say("--lane"),
            cannot_show_file=say("--cannot-show"),
            whose=dict(word.split("=", 1) for word in say("--whose") if "=" in word),
            seed=say("--seed"),
            report_dir=say("--report-dir"),
        )

    def view(self) -> View:
        """Return the site.

        Raises:
            ForegroundError: The options name none, or it cannot be looked at.
        """
        if self.stack and not self.kubeconfig:
            return View.of_stack(self.stack, self.ca_files)
        if self.kubeconfig and self.site_file and not self.stack:
            return View.of_files(self.kubeconfig, self.site_file, self.ca_files)
        raise ForegroundError(
            "Which site is to be judged?", "--stack NAME, or --kubeconfig FILE --site-file FILE"
        )

    def people(self) -> People:
        """Return who logs in.

        Raises:
            ForegroundError: The options name no file of people.
        """
        if not self.people_file:
            raise ForegroundError("Who is to log in?", "--people FILE")
        return People.read(self.people_file)

    def cannot_show(self) -> list[str]:
        """Return what this place cannot show."""
        if not self.cannot_show_file:
            return []
        lines = self.cannot_show_file.read_text().splitlines()
        return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
