"""Resume: after a run was killed, make state and cloud agree, so that `pulumi up` goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from infra.errors import ForegroundError
from infra.machines import orphans
from infra.openstack import client as api

from .killed import Lock, end_plugins, mend

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Pending", "adopted", "pending", "reclaim", "resume", "unlock", "unread"]

_REPOSITORY: Final = Path(__file__).resolve().parents[2]
_STATE: Final = "pulumi/.pulumi/stacks/foreground/{}.json"
_LOCKS: Final = "pulumi/.pulumi/locks/organization/foreground/{}"
_ON_ITS_WAY: Final = 3.0
"""Seconds in which the cloud may still do what a plugin asked for just before it was ended."""
_PAUSE: Final = 0.5


@dataclass(frozen=True)
class Pending:
    """Something that Pulumi was about to do.

    Attributes:
        what: ``creating``, ``updating``, ``deleting``, ...
        urn: Pulumi's name of it.
        kind: Its token.
        inputs: What was asked for.
    """

    what: str
    urn: str
    kind: str
    inputs: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What it is called in the program."""
        return self.urn.rpartition("::")[2]


def pending(deployment: Mapping[str, Any]) -> list[Pending]:
    """Return what a state says was begun and not ended."""
    return [
        Pending(said["type"], of["urn"], of["type"], of.get("inputs") or {})
        for said in deployment.get("pending_operations") or []
        for of in [said["resource"]]
    ]


def unlock(folder: Path) -> bool:
    """Remove the locks of runs that were killed on this host; say whether there were any.

    Raises:
        ForegroundError: Somebody works on the stack, or may do so on another host.
    """
    locks = {path: Lock.parsed(path.read_text()) for path in sorted(folder.glob("*.json"))}
    for path, lock in locks.items():
        lock.must_be_dead()
        path.with_name(f"{path.name}.attrs").unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        _say(f"the lock of a run that was killed (process {lock.pid}): removed")
    return bool(locks)


def resume(site: str) -> None:
    """Make a site's stack ready for the next `pulumi up`; a moment's work if nothing was killed.

    Raises:
        ForegroundError: Something is in the way that only a person can judge.
    """
    if os.environ.get("PULUMI_STACK") != site:
        raise ForegroundError(
            f"This shell does not stand for the site {site}", f"Type `. ./activate {site}`"
        )
    state = Path(os.environ["FOREGROUND_STATE"])
    killed = unlock(state / _LOCKS.format(site))
    file = state / _STATE.format(site)
    checkpoint = json.loads(file.read_text())["checkpoint"] if file.is_file() else {}
    deployment = checkpoint.get("latest") or {}
    begun = pending(deployment)
    if not killed and not begun and not unread(deployment):
        return
    mend(state / "pulumi")
    ended = end_plugins(Path(os.environ["PULUMI_HOME"]) / "plugins")
    if begun:
        deployment = _forget(site, begun, _ON_ITS_WAY if ended else 0.0)
    for urn in unread(deployment):
        _pulumi("refresh", "--yes", "--skip-preview", "--target", urn)


def _forget(site: str, begun: list[Pending], patience: float) -> dict[str, Any]:
    """Have nothing pending, in the cloud neither; return the state."""
    from infra.site import read_file  # noqa: PLC0415 - slow to import, and seldom needed

    whole: dict[str, Any] = json.loads(_pulumi("stack", "export"))
    kept = {}
    if created := [one for one in begun if one.what == "creating"]:
        cloud = api.connect(read_file(site).cloud.entry)
        kept = reclaim(cloud, created, whole["deployment"], patience)
    whole["deployment"] = adopted(whole["deployment"], kept)
    _pulumi("stack", "import", given=json.dumps(whole))
    _say(f"{len(begun)} things that were begun and not ended: forgotten, and now begun anew")
    return dict(whole["deployment"])


def unread(deployment: Mapping[str, Any]) -> list[str]:
    """Return the volumes that were adopted and not yet read: the cloud knows more of them."""
    return [
        said["urn"]
        for said in deployment.get("resources") or []
        if said.get("type") == orphans.VOLUME and not said.get("outputs")
    ]


def adopted(deployment: dict[str, Any], kept: Mapping[str, str]) -> dict[str, Any]:
    """Return a state without anything pending, in which ``kept`` (ids by URN) are as made."""
    found = {said["resource"]["urn"]: said for said in deployment.pop("pending_operations", [])}
    for urn, identity in kept.items():
        deployment["resources"].append({**found[urn]["resource"], "id": identity})
    return deployment


def reclaim(
    cloud: Any,  # noqa: ANN401 - openstacksdk ships no types
    created: list[Pending],
    deployment: Mapping[str, Any],
    patience: float,
) -> dict[str, str]:
    """Delete what was made and not written down; return the ids of volumes, by URN, to adopt.

    A volume is never deleted: one that the stack has no need of is told.
    """
    resources = deployment.get("resources") or []
    known = {(it["type"], it.get("id")) for it in resources}
    made = {it["urn"] for it in resources}  # `pulumi cancel` and `pulumi up` made it anew
    kept: dict[str, str] = {}
    spare: dict[str, list[str]] = {}
    deadline = time.monotonic() + patience
    while True:
        for one in created:
            if not (kind := orphans.KINDS.get(one.kind)):
                continue
            found = [i for i in kind.find(cloud, one.inputs) if (one.kind, i) not in known]
            if found and one.kind == orphans.VOLUME:
                if one.urn in made:
                    spare[one.name] = found
                else:
                    kept[one.urn] = orphans.whole_volume(cloud, one.name, found)
                continue
            for identity in found:
                _remove(cloud, kind, one, identity)
        if time.monotonic() >= deadline:
            break
        time.sleep(_PAUSE)
    for urn in kept:
        _say(f"volume {urn.rpartition('::')[2]}: it was made, and is kept")
    for name, ids in spare.items():
        delete = f"openstack volume delete {' '.join(ids)}"
        _say(f"volume {name}: the stack has another; if this is empty, `{delete}`")
    return kept


def _remove(cloud: Any, kind: orphans.Kind, one: Pending, identity: str) -> None:  # noqa: ANN401
    began = time.monotonic()
    kind.remove(cloud, identity, one.inputs)
    kind.wait_until_gone(cloud, identity, one.inputs)
    took = time.monotonic() - began
    _say(f"{kind.said} {one.name}: made by a run that was killed, deleted ({took:.0f} s)")


def _pulumi(*words: str, given: str | None = None) -> str:
    done = subprocess.run(
        ["pulumi", "--non-interactive", *words],
        cwd=_REPOSITORY,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        command = " ".join(["pulumi", *words])
        raise ForegroundError(
            f"`{command}` failed: {said[-1] if said else done.returncode}",
            "Mend that, then type the same again",
        )
    return done.stdout


def _say(line: str) -> None:
    sys.stdout.write(f"resume: {line}\n")
    sys.stdout.flush()
