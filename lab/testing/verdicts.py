"""Verdicts of a judged site: reads the report that a run of the conformance suite printed."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

__all__ = ["verdicts"]


def verdicts(printed: str) -> dict[str, str]:
    """Return the verdict of each requirement by its id.

    Args:
        printed: Output of the run, which names the file of its report.
    """
    (file,) = re.findall(r"^report: (.+)$", printed, re.MULTILINE)
    report = yaml.safe_load(Path(file).read_text())
    return {str(test["id"]): str(test["verdict"]) for test in report["tests"]}
