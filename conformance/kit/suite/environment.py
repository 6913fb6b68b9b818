"""Environment: what runs on the site, as it says itself, and the noise of whoever judges it."""

from __future__ import annotations

import re
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import httpx

from conformance.kit.people.browser import browser
from conformance.kit.site.api import RefusedError
from conformance.kit.site.site_under_test import REPOSITORY
from conformance.kit.verdicts import Broken
from infra import accelerators, names

from .report import Environment, Node, Suite

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.kit.site.api import Cluster, Document
    from conformance.kit.site.site_under_test import View

__all__ = ["Lane", "Noise", "commit", "components", "look", "suite"]

Lane = Literal["W", "K", "G", "R"]
VERSION: Final = "0.1.0"
_IMAGE: Final = re.compile(r"^(?P<name>[^@]*?)(?::(?P<tag>[^:/@]+))?(?:@(?P<digest>.+))?$")
_ANSWER_S: Final = 20
_TICKS: Final = Path("/proc/stat")
_PRESSURE: Final = Path("/proc/pressure/cpu")
_LOAD: Final = Path("/proc/loadavg")


def _processor_ticks() -> list[int]:
    return [int(word) for word in _TICKS.read_text().splitlines()[0].split()[1:]]


@dataclass
class Noise:
    """What else the computer that judges had to do, from when this is made."""

    _ticks: list[int] = field(default_factory=_processor_ticks)

    def measured(self) -> dict[str, float]:
        """What it was since."""
        now = _processor_ticks()
        passed = [after - before for after, before in zip(now, self._ticks, strict=True)]
        told = {"load1": float(_LOAD.read_text().split()[0])}
        if total := sum(passed[:8]):
            told["stealPct"] = round(100 * passed[7] / total, 1)
            told["idlePct"] = round(100 * passed[3] / total, 1)
        if _PRESSURE.exists():
            some = re.search(r"^some avg10=([0-9.]+)", _PRESSURE.read_text(), re.MULTILINE)
            told |= {"psiCpuSome10": float(some[1])} if some else {}
        return told


def look(
    view: View, cluster: Cluster, lane: Lane, cannot_show: list[str], noise: Noise
) -> Environment:
    """Read what the site is from itself; one that does not answer has no versions."""
    version, runs, nodes = "does not answer", _hub(view), list[Node]()
    with suppress(Broken, RefusedError):
        version = cluster.version()
        runs |= components(cluster.all("Pod"))
        nodes = [_node(node) for node in cluster.all("Node")]
    return Environment(
        lane=lane,
        cannot_show=cannot_show,
        site=view.site.name,
        api=cluster.url,
        kubernetes=version,
        components=runs,
        nodes=nodes,
        noise=noise.measured(),
    )


def components(pods: Iterable[Document]) -> dict[str, str]:
    """Return versions of what runs, by the images' own names."""
    images = sorted({c["image"] for pod in pods for c in pod["spec"]["containers"]})
    found: dict[str, set[str]] = {}
    for image in images:
        parts = _IMAGE.match(image)
        if parts:
            name = parts["name"].rpartition("/")[2]
            found.setdefault(name, set()).add(parts["tag"] or parts["digest"] or "latest")
    return {name: ", ".join(sorted(tags)) for name, tags in found.items()}


def _hub(view: View) -> dict[str, str]:
    """Return the hub's own version, which its image's name does not tell."""
    if not (view.site.ingress and view.site.notebooks):
        return {}
    try:
        with browser(view.trust, _ANSWER_S) as client:
            told = client.get(f"{view.url}/hub/api/").json()
    except (httpx.HTTPError, ValueError):
        return {"jupyterhub": "does not answer"}
    return {"jupyterhub": str(told["version"])}


def _node(node: Document) -> Node:
    has = node["status"]["allocatable"]
    known = {model.resource for model in accelerators.models().values()}
    return Node(
        name=node["metadata"]["name"],
        cpu=has["cpu"],
        memory=has["memory"],
        accelerators={name: int(has[name]) for name in has if name in known},
        model=node["metadata"].get("labels", {}).get(names.ACCELERATOR, ""),
    )


def suite(seed: int) -> Suite:
    """Say what judges."""
    return Suite(version=VERSION, commit=commit(), seed=seed)


def commit() -> str:
    """Return the commit of this checkout, with `+` where files differ from it."""
    words = ["git", "-C", str(REPOSITORY), "describe", "--always", "--dirty=+", "--abbrev=12"]
    done = subprocess.run(words, capture_output=True, check=False, text=True, timeout=30)
    return done.stdout.strip() or "unknown"
