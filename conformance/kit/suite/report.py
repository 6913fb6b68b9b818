"""Report: the results of a run, as a YAML file that an operator can hand over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from conformance.kit.requirements import Lane, Level
from conformance.kit.summaries import Summary
from conformance.kit.verdicts import Verdict, of_site, result

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Self

__all__ = ["Environment", "Judged", "Part", "Report", "ReportFile", "Suite", "profiles_of"]

API_VERSION: Final = "conformance.foreground.internal/v1"
KIND: Final = "PlatformConformanceReport"
ALL: Final = "core"
"""Name of the profile of all requirements; each capability has one of its own."""


class Part(BaseModel):
    """Base of all models: camelCase in the file, immutable, unknown keys are refused."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True
    )


class Suite(Part):
    """The suite that judged the site."""

    version: str = Field(description="Version of the suite")
    commit: str = Field(description="Its commit, with `+` where files differ from it")
    seed: int = Field(description="Seed of every random choice")


class Node(Part):
    """One node."""

    name: str
    cpu: str = Field(description="Processors, as the node says")
    memory: str = Field(description="Memory, as the node says")
    accelerators: dict[str, int] = Field(description="By resource")
    model: str = Field(default="", description="Their model")


class Environment(Part):
    """Where the site was judged; reports of different environments are not compared."""

    lane: Lane = Field(description="W simulated nodes, K real kubelets, G accelerators, R remote")
    cannot_show: list[str] = Field(description="What no test can show in this environment")
    site: str = Field(description="Name of the site")
    api: str = Field(description="URL of the Kubernetes API")
    kubernetes: str = Field(description="Version of the API server")
    components: dict[str, str] = Field(description="Versions of the images that run")
    nodes: list[Node]
    noise: dict[str, float] = Field(description="Load on the computer that judged, during the run")


class Judged(Part):
    """Result of one requirement."""

    id: str
    uuid: str
    level: Level
    sentence: str
    profile: str = Field(description="Capability that it belongs to")
    verdict: Verdict
    lane: Lane
    n: int = Field(ge=0, description="Number of samples")
    part: list[str] = Field(default_factory=list, description="What was shown, if only a part")
    why: str = Field(default="", description="Why it did not pass, in one line")
    unit: Literal["s"] = "s"
    estimate: dict[str, Summary] = Field(default_factory=dict, description="Figures, by name")
    evidence: list[str] = Field(default_factory=list, description="Files next to the report")


class Standing(Part):
    """Sum of the requirements of one level in one profile."""

    result: Literal["success", "partial", "failure"]
    statistics: dict[Verdict, int] = Field(description="How many of each verdict")
    not_passed: dict[str, Verdict] = Field(description="Requirements that did not pass")


class Profile(Part):
    """Sum of one capability; MUSTs and SHOULDs are never summed into one result."""

    name: str
    must: Standing
    should: Standing


class ReportFile(Part):
    """Base of reports, each of which has a field `environment`."""

    def write(self, file: Path) -> None:
        """Write it as YAML; its first line names the lane."""
        content = self.model_dump(mode="json", by_alias=True)
        lane = content["environment"]["lane"]
        first = f"# Lane {lane}: its figures are not valid for another lane.\n"
        file.write_text(first + yaml.safe_dump(content, sort_keys=False, width=120))

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read a report from its file."""
        return cls.model_validate(yaml.safe_load(file.read_text()))


class Report(ReportFile):
    """Report of the conformance of one site."""

    api_version: str = API_VERSION
    kind: str = KIND
    date: str
    verdict: Literal["conformant", "partial", "not conformant"]
    suite: Suite
    implementation: dict[str, str] = Field(description="Who runs the site")
    environment: Environment
    profiles: list[Profile]
    tests: list[Judged]

    @classmethod
    def of(
        cls,
        date: str,
        suite: Suite,
        environment: Environment,
        whose: dict[str, str],
        tests: list[Judged],
    ) -> Report:
        """Return the report of the results of all requirements."""
        verdict: Any = of_site((one.level, one.verdict) for one in tests)
        return cls(
            date=date,
            verdict=verdict,
            suite=suite,
            implementation=whose,
            environment=environment,
            profiles=profiles_of(tests),
            tests=tests,
        )


def profiles_of(tests: Sequence[Judged]) -> list[Profile]:
    """Return the profile of all requirements, then one for each capability."""
    names = [ALL, *sorted({one.profile for one in tests})]
    return [
        Profile(
            name=name,
            must=_standing([t for t in tests if t.level == "MUST" and name in {ALL, t.profile}]),
            should=_standing(
                [t for t in tests if t.level == "SHOULD" and name in {ALL, t.profile}]
            ),
        )
        for name in names
    ]


def _standing(tests: Sequence[Judged]) -> Standing:
    verdicts = [one.verdict for one in tests]
    summed: Any = result(verdicts) if verdicts else "success"
    return Standing(
        result=summed,
        statistics={
            verdict: verdicts.count(verdict) for verdict in Verdict if verdict in verdicts
        },
        not_passed={t.id: t.verdict for t in tests if t.verdict is not Verdict.PASSED},
    )
