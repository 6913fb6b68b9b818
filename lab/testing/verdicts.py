"""What a judged site has to show: each requirement of conformance/, by its verdict."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import yaml

__all__ = ["SHOWN", "verdicts"]

SHOWN: Final = {
    "CFG-02": "passed",
    "CFG-04": "passed",
    "EVI-01": "part",
    "EVI-17": "part",
    "FLT-03": "part",
    "GPU-01": "part",
    "IAM-01": "passed",
    "INT-01": "part",
    "INT-09": "part",
    "LIF-04": "passed",
    "STO-02": "part",
}
"""Of the site `ci` at every change: all that there is. `part` is where a row wants more rounds, or
silicon, a real mount, or more faults. A section that left its site file would turn its ids into
`not claimed`, which pytest takes for success."""


def verdicts(said: str) -> dict[str, str]:
    """Read the report that a run of conformance/ names at its end.

    Args:
        said: What the run printed.
    """
    (file,) = re.findall(r"^report: (.+)$", said, re.MULTILINE)
    report = yaml.safe_load(Path(file).read_text())
    return {str(test["id"]): str(test["verdict"]) for test in report["tests"]}
