from __future__ import annotations

import re
from pathlib import Path

import yaml

from lab.testing.verdicts import SHOWN, verdicts

ROOM = Path(__file__).resolve().parents[2] / "conformance"
ID = re.compile(r'^@requirement\(\s*"([A-Z]{3}-\d\d)"', re.MULTILINE)


def test_every_requirement_that_there_is_has_to_be_shown() -> None:
    files = [file for file in ROOM.glob("*/test_*.py") if file.parent.name != "kit"]
    assert sorted(SHOWN) == sorted(id_ for file in files for id_ in ID.findall(file.read_text()))


def test_a_section_that_left_the_site_file_is_seen_in_the_report(tmp_path: Path) -> None:
    report = tmp_path / "report.yaml"
    tests = [{"id": "INT-01", "verdict": "part"}, {"id": "CFG-02", "verdict": "not claimed"}]
    report.write_text(yaml.safe_dump({"tests": tests}))
    said = f"3 passed\nINT-01  part\nreport: {report}\n"
    assert verdicts(said) == {"INT-01": "part", "CFG-02": "not claimed"}
    assert verdicts(said) != {id_: SHOWN[id_] for id_ in ("INT-01", "CFG-02")}
