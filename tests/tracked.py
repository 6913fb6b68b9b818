"""What git holds, for tests that read the repository itself."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re

TOP = Path(__file__).resolve().parent.parent


def tracked(*under: str) -> list[Path]:
    """What git holds below the given folders, or everywhere."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--", *under],
        cwd=TOP,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    return [TOP / name for name in listing.split("\0") if name and (TOP / name).is_file()]


def lines_matching(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    """`file:line: text` of each line that matches."""
    return [
        f"{path.relative_to(TOP)}:{number}: {line.strip()[:100]}"
        for path in files
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1)
        if pattern.search(line)
    ]
