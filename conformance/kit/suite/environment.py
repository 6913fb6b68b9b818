"""Environment of a run: versions and nodes of the site, and the load where pytest runs."""

from __future__ import annotations

import re
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx

from conformance.kit.people.browser import browser
from conformance.kit.site.api import RefusedError
from conformance.kit.site.kinds import NODE, POD
from conformance.kit.site.site_under_test import REPOSITORY
from conformance.kit.verdicts import Broken
from infra import accelerators, names
from infra.errors import ForegroundError

from .report import Environment, Node, Suite

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.kit.requirements import Lane
    from conformance.kit.site.api import KubeApi
    from conformance.kit.site.kinds import Document
    from conformance.kit.site.site_under_test import SiteUnderTest

__all__ = ["Noise", "commit", "components", "environment", "suite"]

_IMAGE: Final = re.compile(r"^(?P<name>[^@]*?)(?::(?P<tag>[^:/@]+))?(?:@(?P<digest>.+))?$")
_RESPONSE_S: Final = 20
_TICKS: Final = Path("/proc/stat")
_PRESSURE: Final = Path("/proc/pressure/cpu")
_LOAD: Final = Path("/proc/loadavg")


def _processor_ticks() -> list[int]:
    return [int(word) for word in _TICKS.read_text().splitlines()[0].split()[1:]]


@dataclass
class Noise:
    """Load on this computer, from the creation of the object on."""

    _ticks: list[int] = field(default_factory=_processor_ticks)

    def measured(self) -> dict[str, float]:
        """Return load average, processor time that was stolen or idle, and CPU pressure."""
        now = _processor_ticks()
        passed = [after - before for after, before in zip(now, self._ticks, strict=True)]
        figures = {"load1": float(_LOAD.read_text().split()[0])}
        if total := sum(passed[:8]):
            figures["stealPct"] = round(100 * passed[7] / total, 1)
            figures["idlePct"] = round(100 * passed[3] / total, 1)
        if _PRESSURE.exists():
            some = re.search(r"^some avg10=([0-9.]+)", _PRESSURE.read_text(), re.MULTILINE)
            figures |= {"psiCpuSome10": float(some[1])} if some else {}
        return figures


def environment(
    site: SiteUnderTest, api: KubeApi, lane: Lane, cannot_show: list[str], noise: Noise
) -> Environment:
    """Read versions and nodes from the site; an API that does not answer has none."""
    version, versions, nodes = "does not answer", _hub(site), list[Node]()
    with suppress(Broken, RefusedError):
        version = api.version()
        versions |= components(api.all(POD))
        nodes = [_node(node) for node in api.all(NODE)]
    return Environment(
        lane=lane,
        cannot_show=cannot_show,
        site=site.settings.name,
        api=api.url,
        kubernetes=version,
        components=versions,
        nodes=nodes,
        noise=noise.measured(),
    )


def components(pods: Iterable[Document]) -> dict[str, str]:
    """Return the versions of all images that run, by the last part of the image's name."""
    images = sorted({c["image"] for pod in pods for c in pod["spec"]["containers"]})
    found: dict[str, set[str]] = {}
    for image in images:
        parts = _IMAGE.match(image)
        if parts:
            name = parts["name"].rpartition("/")[2]
            found.setdefault(name, set()).add(parts["tag"] or parts["digest"] or "latest")
    return {name: ", ".join(sorted(tags)) for name, tags in found.items()}


def _hub(site: SiteUnderTest) -> dict[str, str]:
    """Return JupyterHub's version by its API, as the tag of its image is not that version."""
    if not (site.settings.ingress and site.settings.notebooks):
        return {}
    try:
        with browser(site.trust, _RESPONSE_S) as client:
            content = client.get(f"{site.url}/hub/api/").json()
    except (httpx.HTTPError, ValueError, ForegroundError):
        return {"jupyterhub": "does not answer"}
    return {"jupyterhub": str(content["version"])}


def _node(node: Document) -> Node:
    allocatable = node["status"]["allocatable"]
    known = {model.resource for model in accelerators.models().values()}
    return Node(
        name=node["metadata"]["name"],
        cpu=allocatable["cpu"],
        memory=allocatable["memory"],
        accelerators={name: int(allocatable[name]) for name in allocatable if name in known},
        model=node["metadata"].get("labels", {}).get(names.ACCELERATOR, ""),
    )


def suite(seed: int) -> Suite:
    """Return version and commit of this suite, with the seed of the run."""
    return Suite(version=metadata.version("foreground"), commit=commit(), seed=seed)


def commit() -> str:
    """Return the commit of this checkout, with `+` if files differ from it."""
    words = ["git", "-C", str(REPOSITORY), "describe", "--always", "--dirty=+", "--abbrev=12"]
    done = subprocess.run(words, capture_output=True, check=False, text=True, timeout=30)
    return done.stdout.strip() or "unknown"
