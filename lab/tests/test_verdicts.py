from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from infra.site import Site, read_file
from lab.testing.verdicts import verdicts

if TYPE_CHECKING:
    from pathlib import Path


def test_verdicts_are_read_from_the_report_that_a_run_names(tmp_path: Path) -> None:
    report = tmp_path / "report.yaml"
    tests = [{"id": "INT-01", "verdict": "part"}, {"id": "CFG-02", "verdict": "not claimed"}]
    report.write_text(yaml.safe_dump({"tests": tests}))
    printed = f"3 passed\nINT-01  part\nreport: {report}\n"
    assert verdicts(printed) == {"INT-01": "part", "CFG-02": "not claimed"}


def test_a_run_without_a_report_is_an_error() -> None:
    with pytest.raises(ValueError, match="not enough values"):
        verdicts("no tests ran\n")


def test_the_site_of_all_lab_tests_claims_every_capability() -> None:
    """A requirement whose section is missing is not claimed, and pytest counts that as success."""
    site = read_file("ci")
    assert [name for name in Site.model_fields if getattr(site, name) is None] == []
