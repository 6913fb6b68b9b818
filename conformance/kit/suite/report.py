"""Report: what a run says of a site, as a file that somebody can hand over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from conformance.kit.requirements import Level
from conformance.kit.summaries import Summary
from conformance.kit.verdicts import Verdict, of_site, result

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Self

__all__ = ["Document", "Environment", "Judged", "Part", "Report", "Suite", "profiles_of"]

API_VERSION: Final = "conformance.foreground.internal/v1"
KIND: Final = "PlatformConformanceReport"
ALL: Final = "core"
"""The profile of all requirements; the others are by capability."""


class Part(BaseModel):
    """Base of all parts: camelCase in the file, unknown keys refused, values never change."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True
    )


class Suite(Part):
    """What judged."""

    version: str = Field(description="Version of the suite")
    commit: str = Field(description="Its commit, with `+` where files differ from it")
    seed: int = Field(description="Seed of everything that is drawn by lot")


class Node(Part):
    """One node."""

    name: str
    cpu: str = Field(description="Processors, as the node says")
    memory: str = Field(description="Memory, as the node says")
    accelerators: dict[str, int] = Field(description="By resource")
    model: str = Field(default="", description="Their model")


class Environment(Part):
    """Where: enough to refuse a wrong comparison."""

    lane: Literal["W", "K", "G", "R"] = Field(description="What kind of place; see the design")
    cannot_show: list[str] = Field(description="What this place cannot show, whatever passed")
    site: str
    api: str = Field(description="The Kubernetes API")
    kubernetes: str = Field(description="Version, as the running API server says")
    components: dict[str, str] = Field(description="Images that run, and their versions")
    nodes: list[Node]
    noise: dict[str, float] = Field(description="Of the computer that judged, in the meantime")


class Judged(Part):
    """One requirement, judged."""

    id: str
    uuid: str
    level: Level
    sentence: str
    profile: str = Field(description="The capability that it belongs to")
    verdict: Verdict
    lane: Literal["W", "K", "G", "R"]
    n: int = Field(ge=0, description="How many tries")
    part: list[str] = Field(default_factory=list, description="What was shown, if not all")
    why: str = Field(default="", description="Why it is not passed, in one line")
    unit: Literal["s"] = "s"
    estimate: dict[str, Summary] = Field(default_factory=dict, description="Figures, by name")
    evidence: list[str] = Field(default_factory=list, description="Files, beside the report")


class Standing(Part):
    """The requirements of one level in one profile."""

    result: Literal["success", "partial", "failure"]
    statistics: dict[Verdict, int] = Field(description="How many of each verdict")
    not_passed: dict[str, Verdict] = Field(description="All that did not pass")


class Profile(Part):
    """One profile; it is granted on its MUSTs alone, and levels are never summed into one."""

    name: str
    must: Standing
    should: Standing


class Document(Part):
    """A whole report, as a file to hand over; whatever is in it, it names its place."""

    if TYPE_CHECKING:
        environment: Environment  # a field of each, where its readers look for it

    def write(self, file: Path) -> None:
        """Write it as YAML; its first line names the lane."""
        content = self.model_dump(mode="json", by_alias=True)
        first = f"# Lane {self.environment.lane}: its figures speak for no other lane.\n"
        file.write_text(first + yaml.safe_dump(content, sort_keys=False, width=120))

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read it again."""
        return cls.model_validate(yaml.safe_load(file.read_text()))


class Report(Document):
    """The whole."""

    api_version: str = API_VERSION
    kind: str = KIND
    date: str
    verdict: Literal["conformant", "partial", "not conformant"]
    suite: Suite
    implementation: dict[str, str] = Field(description="Whose site it is")
    environment: Environment
    profiles: list[Profile]
    tests: list[Judged]

    @classmethod
    def of(
        cls,
        date: str,
        suite: Suite,
        place: Environment,
        whose: dict[str, str],
        tests: list[Judged],
    ) -> Report:
        """Sum up what was judged."""
        verdict: Any = of_site((one.level, one.verdict) for one in tests)
        return cls(
            date=date,
            verdict=verdict,
            suite=suite,
            implementation=whose,
            environment=place,
            profiles=profiles_of(tests),
            tests=tests,
        )


def profiles_of(tests: Sequence[Judged]) -> list[Profile]:
    """Sum up by capability, and all together first."""
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
