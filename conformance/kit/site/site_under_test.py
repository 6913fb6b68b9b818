"""View: the site that is judged: its file, what it says of itself, and the ways to it."""

from __future__ import annotations

import json
import ssl
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml
from pydantic import ValidationError

from infra import accelerators
from infra.errors import ForegroundError
from infra.outputs import Outputs
from infra.site import Site, read_config, read_file

from .api import Cluster

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["REPOSITORY", "STACK", "View", "pulumi"]

STACK: Final = "stack"
"""What a site has that was deployed from this repository."""
_PULUMI_S: Final = 120
REPOSITORY: Final = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class View:
    """One site, from outside.

    Attributes:
        site: What its operator said.
        kubeconfig: An administrator's, as kubectl reads it.
        outputs: What the stack says of itself; None where there is no stack of ours.
        ca_files: Further certificate authorities that people trust.
    """

    site: Site
    kubeconfig: Mapping[str, Any] = field(repr=False)
    outputs: Outputs | None = None
    ca_files: tuple[Path, ...] = ()

    @classmethod
    def of_stack(cls, name: str, ca_files: tuple[Path, ...] = ()) -> View:
        """Look at a site that was deployed from this repository, by its stack's outputs.

        Raises:
            ForegroundError: There is none, or this shell is not activated for it.
        """
        words = ("stack", "output", "--json", "--show-secrets", "--stack", name)
        try:
            outputs = Outputs.model_validate(json.loads(pulumi(*words)))
        except (ValueError, ValidationError) as error:
            raise ForegroundError(
                f"The outputs of the stack {name} are not what this suite reads",
                f"Deploy it with this checkout: . ./activate {name} && pulumi up",
                details=str(error).splitlines()[:3],
            ) from None
        kubeconfig = yaml.safe_load(outputs.kubeconfig)
        return cls(read_file(name), kubeconfig, outputs, ca_files)

    @classmethod
    def of_files(cls, kubeconfig: Path, site_file: Path, ca_files: tuple[Path, ...] = ()) -> View:
        """Look at a site that somebody else built.

        Args:
            kubeconfig: An administrator's.
            site_file: What they would have said, had they used ours: a stack's file.
            ca_files: Certificate authorities that people trust, besides the public ones.
        """
        try:
            ways = yaml.safe_load(kubeconfig.read_text())
            said = yaml.safe_load(site_file.read_text())["config"]
        except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
            raise ForegroundError(
                f"A file cannot be read: {error}", "Mend --kubeconfig or --site-file"
            ) from None
        name = site_file.stem.removeprefix("Pulumi.")
        return cls(read_config(name, said), ways, None, ca_files)

    @property
    def url(self) -> str:
        """What people open."""
        if not self.site.ingress:
            raise ForegroundError("The site has no ingress", "Add the section to the site file")
        return self.site.ingress.url

    @property
    def trust(self) -> ssl.SSLContext:
        """Whom a person's browser trusts here: everybody's authorities, and the site's own."""
        trust = ssl.create_default_context()
        own = [self.site.identity and self.site.identity.ca_file, self.site.mirrors.ca_file]
        for file in {file for file in (*own, *self.ca_files) if file}:
            try:
                trust.load_verify_locations(file)
            except OSError as error:
                raise ForegroundError(
                    f"A certificate authority cannot be read: {error.strerror}",
                    "Mend --ca-file or the caFile keys of the site file",
                    at=str(file),
                ) from None
        return trust

    @property
    def models(self) -> dict[str, int]:
        """How many accelerators the machines have, by model."""
        return self.site.cards

    def resource(self, model: str) -> str:
        """What a pod asks for to have one of a model."""
        return accelerators.models()[model].resource

    def headroom(self, model: str) -> int:
        """How many of a model are kept warm for people."""
        return self.site.warm.get(model, 0)

    def claims(self, need: str) -> bool:
        """Tell whether the site claims a section of the site file, or to be a stack of ours."""
        if need == STACK:
            return self.outputs is not None
        return bool(getattr(self.site, need))

    def cluster(self) -> Cluster:
        """The way to its Kubernetes API."""
        return Cluster(self.kubeconfig)


def pulumi(*words: str, patience: int = _PULUMI_S) -> str:
    """Run pulumi as an operator does, in the environment that `activate` made.

    Raises:
        ForegroundError: It failed.
    """
    try:
        done = subprocess.run(
            ["pulumi", "--cwd", REPOSITORY, "--non-interactive", *words],
            capture_output=True,
            check=False,
            text=True,
            timeout=patience,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ForegroundError(
            f"pulumi does not run: {error}", "In a shell of yours: . ./activate SITE"
        ) from None
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise ForegroundError(
            f"pulumi {words[0]} failed",
            "In a shell of yours: . ./activate SITE, then the same again",
            details=said[-6:],
        )
    return done.stdout
