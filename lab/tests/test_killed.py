"""`make up` that is killed by SIGKILL at a random moment: the same command completes it."""

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

    from lab.instance import LabInstance
    from lab.testing.cloud import Cloud

pytestmark = [pytest.mark.lab, pytest.mark.engine, pytest.mark.long, pytest.mark.timeout(1800)]

BEGINS_S = 300.0


class Phase(NamedTuple):
    """A phase of `make up`, recognised by its first line of output."""

    what: str
    begins: str
    next_begins: str
    lasts: float
    """Seconds; the kill happens within them, and before the next phase begins."""


PHASES: Final = (
    Phase("machines", "Updating (", " site:index:Member ", 15),
    Phase("joins", " site:index:Member ", " kubernetes:", 30),
    Phase("overlay", " kubernetes:", "Resources:", 20),
)


@pytest.fixture
def operator(ci: LabInstance, cloud: Cloud, tmp_path: Path) -> Iterator[Operator]:
    """Return an operator whose project is empty, and empty it at the end."""
    assert cloud
    operator = Operator.of(ci, tmp_path)
    yield operator
    operator.type("python", "-m", "infra.recovery", ci.site)
    operator.pulumi("state", "unprotect", "--all", "--yes")
    operator.pulumi("destroy", "--yes", "--skip-preview")


def kill(operator: Operator, phase: Phase, after: float, log: Path) -> None:
    """Run `make up` and kill its process group so many seconds after a phase began."""
    with operator.making_up(log) as run:
        waiting.until(
            lambda: phase.begins in log.read_text() or run.poll() is not None,
            f"{phase.what} begin",
            BEGINS_S,
        )
        moment = time.monotonic() + after
        waiting.until(
            lambda: time.monotonic() >= moment or phase.next_begins in log.read_text(),
            "the moment of the kill",
            after + 1,
        )
        assert run.poll() is None, f"make up ended by itself:\n{log.read_text()}"
        os.killpg(run.pid, signal.SIGKILL)


def assert_hints(operator: Operator) -> None:
    """Check that `pulumi up` is refused, and that `activate` names the recovery command."""
    refused = operator.refused("up", "--yes", "--skip-preview")
    assert refused.returncode != 0
    assert "pulumi cancel" in refused.stderr + refused.stdout
    assert f"python -m infra.recovery {operator.instance.site}" in operator.activated()


def duplicates(cloud: Cloud) -> dict[str, int]:
    """Return the resources that the project has more than once, with their number."""
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
    """Return Pulumi's field managers; an object with two of them cannot be changed any more."""
    kinds = "namespaces,configmaps,secrets,services,deployments,customresourcedefinitions"
    words = ("--all-namespaces", "--output=json", "--show-managed-fields")
    listed = json.loads(operator.kubectl("get", kinds, *words))["items"]
    return {
        field["manager"]
        for one in listed
        for field in one["metadata"]["managedFields"]
        if field["manager"].startswith(("pulumi", "foreground"))
    }


def test_make_up_completes_after_kills_at_random_moments(
    operator: Operator, cloud: Cloud, tmp_path: Path
) -> None:
    seed = int(os.environ.get("FOREGROUND_SEED", time.time_ns() % 1_000_000))
    print(f"to repeat these moments: FOREGROUND_SEED={seed}")  # noqa: T201  shown on failure
    chance = random.Random(seed)  # noqa: S311  no secret
    for phase in PHASES:
        after = chance.uniform(0, phase.lasts)
        print(f"killed {after:.1f} s after: {phase.what}")  # noqa: T201
        kill(operator, phase, after, tmp_path / f"{phase.what}.log")
        assert_hints(operator)

    log = tmp_path / "completes.log"
    with operator.making_up(log) as run:
        assert run.wait() == 0, log.read_text()
    assert "resume: the lock of a run that was killed" in log.read_text()
    assert set(operator.ready_nodes()) == {"control-0", "t4-0", "t4-1"}
    assert duplicates(cloud) == {}
    assert owners(operator) == {"foreground"}
    operator.up()
    assert set(operator.changes()) == {"same"}
