"""Child processes of the mirror's build, which end with it, even if it is killed."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from infra.errors import ForegroundError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

LAST = 300
"""Number of the last characters of a program's output in an error."""


def ending_with_us(command: Sequence[str | Path]) -> list[str | Path]:
    """The command in a form that ends with this process: the next run must be alone."""
    return ["setpriv", "--pdeathsig", "TERM", *command]


def run(
    command: Sequence[str | Path],
    wrong: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> bytes:
    """Run a program and return its standard output.

    Args:
        command: Program and arguments.
        wrong: First words of the error.
        cwd: Its working directory.
        env: Its environment.

    Raises:
        ForegroundError: It failed.
    """
    pipe = subprocess.PIPE
    with subprocess.Popen(
        ending_with_us(command), cwd=cwd, env=env, stdout=pipe, stderr=pipe
    ) as process:
        try:
            output, errors = process.communicate()
        except BaseException:
            process.terminate()  # each of these programs removes its own temporary files
            raise
    if process.returncode:
        raise ForegroundError(f"{wrong}: {errors.decode(errors='replace').strip()[-LAST:]}")
    return output
