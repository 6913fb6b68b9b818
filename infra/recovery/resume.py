"""Resume after a killed run: make Pulumi's state and the cloud agree, so that `up` can go on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from infra import tokens
from infra.errors import ForegroundError
from infra.machines.orphans import KINDS, wait_for_volume
from infra.openstack import client

from .locks import remove_half_written_files, remove_stale_locks
from .pending import Pending, adopt, pending, unread_volumes
from .plugins import end_plugins

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["reclaim", "resume"]

_REPOSITORY: Final = Path(__file__).resolve().parents[2]
_STATE: Final = "pulumi/.pulumi/stacks/foreground/{}.json"
_LOCKS: Final = "pulumi/.pulumi/locks/organization/foreground/{}"
_IN_FLIGHT: Final = 3.0
"""Seconds in which the cloud may still handle a request that an ended plugin sent last."""
_INTERVAL: Final = 0.5


def resume(site: str) -> None:
    """Make a site's stack ready for the next `pulumi up`; quick if no run was killed.

    Raises:
        ForegroundError: Only a person can decide what to do.
    """
    if os.environ.get("PULUMI_STACK") != site:
        raise ForegroundError(
            f"This shell is not activated for the site {site}", f"Type `. ./activate {site}`"
        )
    folder = Path(os.environ["FOREGROUND_STATE"])
    killed = remove_stale_locks(folder / _LOCKS.format(site))
    file = folder / _STATE.format(site)
    checkpoint = json.loads(file.read_text())["checkpoint"] if file.is_file() else {}
    deployment = checkpoint.get("latest") or {}
    begun = pending(deployment)
    if not killed and not begun and not unread_volumes(deployment):
        return
    remove_half_written_files(folder / "pulumi")
    ended = end_plugins(Path(os.environ["PULUMI_HOME"]) / "plugins")
    if begun:
        deployment = _clear_pending(site, begun, _IN_FLIGHT if ended else 0.0)
    for urn in unread_volumes(deployment):
        _pulumi("refresh", "--yes", "--skip-preview", "--target", urn)


def _clear_pending(site: str, begun: list[Pending], patience: float) -> dict[str, Any]:
    """Remove all pending operations from state and cloud; return the new state."""
    from infra.site import read_file  # noqa: PLC0415 - slow to import, and seldom needed

    exported: dict[str, Any] = json.loads(_pulumi("stack", "export"))
    adopted = {}
    if created := [operation for operation in begun if operation.what == "creating"]:
        cloud = client.connect(read_file(site).cloud.entry)
        adopted = reclaim(cloud, created, exported["deployment"], patience)
    exported["deployment"] = adopt(exported["deployment"], adopted)
    _pulumi("stack", "import", given=json.dumps(exported))
    _log(
        f"{len(begun)} operations that were begun and not finished: the next run begins them anew"
    )
    return dict(exported["deployment"])


def reclaim(
    cloud: Any,  # noqa: ANN401 - openstacksdk ships no types
    created: list[Pending],
    deployment: Mapping[str, Any],
    patience: float,
) -> dict[str, str]:
    """Delete what was created but not written to the state, except volumes.

    A volume is never deleted: it is adopted, or, if the stack has another, reported.

    Args:
        cloud: openstacksdk's connection.
        created: The pending creations.
        deployment: The state.
        patience: Seconds in which more resources may still appear.

    Returns:
        Ids of the volumes to adopt, by URN.
    """
    resources = deployment.get("resources") or []
    known = {(resource["type"], resource.get("id")) for resource in resources}
    in_state = {resource["urn"] for resource in resources}  # a later run created it again
    adopted: dict[str, str] = {}
    spare: dict[str, list[str]] = {}
    deadline = time.monotonic() + patience
    while True:
        for one in created:
            found = _unrecorded(cloud, one, known)
            if one.kind != tokens.VOLUME:
                _remove(cloud, one, found)
            elif found and one.urn in in_state:
                spare[one.name] = found
            elif found:
                adopted[one.urn] = wait_for_volume(cloud, one.name, found)
        if time.monotonic() >= deadline:
            break
        time.sleep(_INTERVAL)
    _log_volumes(adopted, spare)
    return adopted


def _log_volumes(adopted: Mapping[str, str], spare: Mapping[str, list[str]]) -> None:
    for urn in adopted:
        _log(f"volume {urn.rpartition('::')[2]}: it was created, and is kept")
    for name, ids in spare.items():
        delete = f"openstack volume delete {' '.join(ids)}"
        _log(f"volume {name}: the stack has another; if this is empty, `{delete}`")


def _unrecorded(cloud: Any, one: Pending, known: set[tuple[str, Any]]) -> list[str]:  # noqa: ANN401
    """Return the ids of resources with these inputs that the state does not know."""
    kind = KINDS.get(one.kind)
    return [i for i in kind.find(cloud, one.inputs) if (one.kind, i) not in known] if kind else []


def _remove(cloud: Any, one: Pending, found: list[str]) -> None:  # noqa: ANN401 - as above
    for identity in found:
        kind, began = KINDS[one.kind], time.monotonic()
        kind.remove(cloud, identity, one.inputs)
        kind.wait_until_gone(cloud, identity, one.inputs)
        took = time.monotonic() - began
        _log(f"{kind.label} {one.name}: created by a run that was killed, deleted ({took:.0f} s)")


def _pulumi(*arguments: str, given: str | None = None) -> str:
    """Run a pulumi command, with ``given`` as its standard input; return its output."""
    done = subprocess.run(
        ["pulumi", "--non-interactive", *arguments],
        cwd=_REPOSITORY,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines()
        command = " ".join(["pulumi", *arguments])
        raise ForegroundError(
            f"`{command}` failed: {lines[-1] if lines else done.returncode}",
            "Fix the cause, then type the same again",
        )
    return done.stdout


def _log(line: str) -> None:
    sys.stdout.write(f"resume: {line}\n")
    sys.stdout.flush()
