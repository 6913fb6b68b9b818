from __future__ import annotations

import random

import pytest

from conformance.kit.suite.report import Environment, Suite
from loadtests.arrivals import Arm, in_pairs
from loadtests.samples import Return, Sample

BOUND = {Arm.FREE: 0.1, Arm.FULL: 0.3}
GAVE_WAY = {
    "placeholders_preempted": 1,
    "jobs_suspended": 1,
    "batch_pods_preempted": 0,
    "sessions_ended": 0,
}


@pytest.fixture
def suite() -> Suite:
    return Suite(version="0.1.0", commit="abc", seed=7)


@pytest.fixture
def place() -> Environment:
    return Environment(
        lane="W",
        cannot_show=["anything real"],
        site="other",
        api="https://192.0.2.1",
        kubernetes="v1.36.4",
        components={"kueue": "v0.19.2"},
        nodes=[],
        noise={"load1": 0.5},
    )


@pytest.fixture
def seen() -> list[Sample]:
    rng = random.Random(5)  # noqa: S311
    return [
        Sample(
            round=one.round,
            pair=one.pair,
            arm=one.arm,
            at="2026-11-25T08:00:00.000+00:00",
            moments={
                "asked": 0.001,
                "bound": BOUND[one.arm] + rng.uniform(0, 0.1),
                "running": 1.5 + rng.uniform(0, 1),
                "ready": 3.2,
                "answered": 3.5 + rng.uniform(0, 1),
                "reply": 5 + rng.uniform(0, 1),
            },
            gave_way=GAVE_WAY if one.arm is Arm.FULL else dict.fromkeys(GAVE_WAY, 0),
            noise={"load1": 0.5},
            returned=Return(requeued=5, finished=9) if one.arm is Arm.FULL else None,
        )
        for one in in_pairs(10, rng)
    ]
