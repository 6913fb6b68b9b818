"""SiteUnderTest: the site that a run judges: its site file, stack outputs, kubeconfig and CAs."""

from __future__ import annotations

import json
import ssl
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml
from pydantic import ValidationError

from conformance.kit.verdicts import Inconclusive
from infra import accelerators
from infra.errors import ForegroundError
from infra.outputs import Outputs
from infra.site import Site, read_config, read_file

from .api import KubeApi

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["REPOSITORY", "STACK", "SiteUnderTest", "pulumi"]

STACK: Final = "stack"
"""Need of a requirement: the site was deployed from this repository, so that it has a stack."""
_PULUMI_S: Final = 120
REPOSITORY: Final = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class SiteUnderTest:
    """One site, seen from outside.

    Attributes:
        settings: The site file.
        kubeconfig: Content of an administrator's kubeconfig.
        outputs: Outputs of the site's stack; None if the site has no stack of this repository.
        ca_files: Certificate authorities of the site, in addition to those in the site file.
    """

    settings: Site
    kubeconfig: Mapping[str, Any] = field(repr=False)
    outputs: Outputs | None = None
    ca_files: tuple[Path, ...] = ()

    @classmethod
    def of_stack(cls, name: str, ca_files: tuple[Path, ...] = ()) -> SiteUnderTest:
        """Return a site that was deployed from this repository, by its stack's outputs.

        Raises:
            ForegroundError: There is no such stack, or this shell is not activated for it.
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
    def of_files(
        cls, kubeconfig: Path, site_file: Path, ca_files: tuple[Path, ...] = ()
    ) -> SiteUnderTest:
        """Return a site that was built by other means than this repository.

        Args:
            kubeconfig: An administrator's.
            site_file: What the site claims, as the configuration file of a stack.
            ca_files: Certificate authorities of the site.
        """
        try:
            access = yaml.safe_load(kubeconfig.read_text())
            config = yaml.safe_load(site_file.read_text())["config"]
        except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
            raise ForegroundError(
                f"A file cannot be read: {error}", "Correct --kubeconfig or --site-file"
            ) from None
        name = site_file.stem.removeprefix("Pulumi.")
        return cls(read_config(name, config), access, None, ca_files)

    @property
    def url(self) -> str:
        """URL that people open."""
        if not self.settings.ingress:
            raise ForegroundError("The site has no ingress", "Add the section to the site file")
        return self.settings.ingress.url

    @property
    def trust(self) -> ssl.SSLContext:
        """TLS settings of a person's browser: the public CAs and those of the site."""
        trust = ssl.create_default_context()
        own = [self.settings.identity and self.settings.identity.ca_file]
        own.append(self.settings.mirrors.ca_file)
        for file in {file for file in (*own, *self.ca_files) if file}:
            try:
                trust.load_verify_locations(file)
            except OSError as error:
                raise ForegroundError(
                    f"A certificate authority cannot be read: {error.strerror}",
                    "Correct --ca-file or the caFile keys of the site file",
                    at=str(file),
                ) from None
        return trust

    @property
    def patience(self) -> float:
        """Seconds in which a session must be ready.

        Raises:
            Inconclusive: The site file has no section for notebooks.
        """
        if not self.settings.notebooks:
            raise Inconclusive("the site file says in no section notebooks how long to wait")
        return self.settings.notebooks.patience

    @property
    def models(self) -> dict[str, int]:
        """How many accelerators the machines have, by model."""
        return self.settings.cards

    @property
    def most_frequent_model(self) -> str:
        """The model of which the machines have the most accelerators.

        Raises:
            Inconclusive: The site file names no accelerators.
        """
        return max(self._known_models, key=self.models.__getitem__)

    @property
    def model_with_most_headroom(self) -> str:
        """The model with the most headroom; among equals, that with the most accelerators.

        Raises:
            Inconclusive: The site file names no accelerators.
        """
        return max(self._known_models, key=lambda one: (self.headroom(one), self.models[one]))

    @property
    def _known_models(self) -> list[str]:
        if not self.models:
            raise Inconclusive("no machine in the site file has accelerators")
        return list(self.models)

    def resource(self, model: str) -> str:
        """Return the Kubernetes resource that a pod requests for an accelerator of a model."""
        return accelerators.models()[model].resource

    def headroom(self, model: str) -> int:
        """Return how many placeholders there are for a model."""
        return self.settings.warm.get(model, 0)

    def claims(self, need: str) -> bool:
        """Tell whether the site has what a requirement needs.

        Args:
            need: A section of the site file, or `STACK`.
        """
        if need == STACK:
            return self.outputs is not None
        return bool(getattr(self.settings, need))

    def api(self) -> KubeApi:
        """Return a client of its Kubernetes API."""
        return KubeApi(self.kubeconfig)


def pulumi(*words: str, timeout: int = _PULUMI_S) -> str:
    """Run pulumi as an operator does, in the environment of an activated shell.

    Args:
        words: Arguments of pulumi.
        timeout: Seconds.

    Raises:
        ForegroundError: It failed.
    """
    try:
        done = subprocess.run(
            ["pulumi", "--cwd", REPOSITORY, "--non-interactive", *words],
            capture_output=True,
            check=False,
            text=True,
            timeout=timeout,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ForegroundError(
            f"pulumi does not run: {error}", "In a shell of yours: . ./activate SITE"
        ) from None
    if done.returncode:
        output = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise ForegroundError(
            f"pulumi {words[0]} failed",
            "In a shell of yours: . ./activate SITE, then the same again",
            details=output[-6:],
        )
    return done.stdout
