"""`make up` that is killed by SIGKILL, whole, at any moment: typed again, it completes."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from lab import waiting
from lab.testing.site import Operator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lab.instance import Instance
    from lab.testing.cloud import Cloud

pytestmark = [pytest.mark.lab, pytest.mark.engine, pytest.mark.long, pytest.mark.timeout(1800)]

BEGINS_S = 300.0


class Phase(NamedTuple):
    """A part of `make up`, told by what it prints first."""

    what: str
    begins: str
    next_begins: str
    lasts: float
    """Seconds; the kill comes within them, and before the next phase."""


PHASES: Final = (
    Phase("machines", "Updating (", " site:index:Member ", 15),
    Phase("joins", " site:index:Member ", " kubernetes:", 30),
    Phase("overlay", " kubernetes:", "Resources:", 20),
)


@pytest.fixture
def operator(ci: Instance, cloud: Cloud, tmp_path: Path) -> Iterator[Operator]:
    """Somebody whose project is empty at first and at last."""
    assert cloud
    operator = Operator.of(ci, tmp_path)
    yield operator
    operator.type("python", "-m", "infra.recovery", ci.site)
    operator.pulumi("state", "unprotect", "--all", "--yes")
    operator.pulumi("destroy", "--yes", "--skip-preview")


def kill(operator: Operator, phase: Phase, after: float, log: Path) -> None:
    """Type `make up`, and kill all of it so many seconds after a phase began."""
    with operator.making_up(log) as run:
        waiting.until(
            lambda: phase.begins in log.read_text() or run.poll() is not None,
            f"{phase.what} begin",
            BEGINS_S,
        )
        moment = time.monotonic() + after
        waiting.until(
            lambda: time.monotonic() >= moment or phase.next_begins in log.read_text(),
            "the moment",
            after + 1,
        )
        assert run.poll() is None, f"it ended by itself:\n{log.read_text()}"
        os.killpg(run.pid, signal.SIGKILL)


def says_what_to_type(operator: Operator) -> None:
    """Type a plain `pulumi up`, and a new shell's `activate`."""
    refused = operator.refused("up", "--yes", "--skip-preview")
    assert refused.returncode != 0
    assert "pulumi cancel" in refused.stderr + refused.stdout
    assert f"python -m infra.recovery {operator.instance.site}" in operator.activated()


def twice(cloud: Cloud) -> dict[str, int]:
    """Return what a project holds more than once, though one of each was asked for."""
    mine = {"project_id": cloud.api.current_project_id}
    network = cloud.api.network
    held = Counter(f"floating IP {ip.description}" for ip in network.ips(**mine))
    for what, listed in {
        "server": cloud.api.compute.servers(),
        "volume": cloud.api.block_storage.volumes(),
        "network": network.networks(**mine),
        "subnet": network.subnets(**mine),
        "router": network.routers(**mine),
        "security group": network.security_groups(**mine),
        "port": (port for port in network.ports(**mine) if port.name),
    }.items():
        held.update(f"{what} {one.name}" for one in listed)
    return {what: count for what, count in held.items() if count > 1}


def owners(operator: Operator) -> set[str]:
    """Return by what names Pulumi owns fields: what has two, no later run can change."""
    kinds = "namespaces,configmaps,secrets,services,deployments,customresourcedefinitions"
    words = ("--all-namespaces", "--output=json", "--show-managed-fields")
    listed = json.loads(operator.kubectl("get", kinds, *words))["items"]
    return {
        field["manager"]
        for one in listed
        for field in one["metadata"]["managedFields"]
        if field["manager"].startswith(("pulumi", "foreground"))
    }


def test_up_completes_after_kills_at_random_moments(
    operator: Operator, cloud: Cloud, tmp_path: Path
) -> None:
    seed = int(os.environ.get("FOREGROUND_SEED", time.time_ns() % 1_000_000))
    print(f"to have the same moments again: FOREGROUND_SEED={seed}")  # noqa: T201  shown on failure
    chance = random.Random(seed)  # noqa: S311  no secret
    for phase in PHASES:
        after = chance.uniform(0, phase.lasts)
        print(f"killed {after:.1f} s after: {phase.what}")  # noqa: T201
        kill(operator, phase, after, tmp_path / f"{phase.what}.log")
        says_what_to_type(operator)

    log = tmp_path / "completes.log"
    with operator.making_up(log) as run:
        assert run.wait() == 0, log.read_text()
    assert "resume: the lock of a run that was killed" in log.read_text()
    assert set(operator.ready_nodes()) == {"control-0", "t4-0", "t4-1"}
    assert twice(cloud) == {}
    assert owners(operator) == {"foreground"}
    operator.up()
    assert set(operator.changes()) == {"same"}
