"""Programs that the mirror runs for a while, and that end when it does, even by `kill -9`."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from infra.errors import ForegroundError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

LAST = 300
"""Characters of what a program said last, for an error."""


def tied(command: Sequence[str | Path]) -> list[str | Path]:
    """Return the command that ends with us: an orphan would write beside the next run."""
    return ["setpriv", "--pdeathsig", "TERM", *command]


def run(
    command: Sequence[str | Path],
    wrong: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> bytes:
    """Return what a program wrote.

    Raises:
        ForegroundError: it failed; `wrong` says what that means.
    """
    pipe = subprocess.PIPE
    with subprocess.Popen(tied(command), cwd=cwd, env=env, stdout=pipe, stderr=pipe) as process:
        try:
            output, errors = process.communicate()
        except BaseException:
            process.terminate()  # each of them tidies up by itself
            raise
    if process.returncode:
        raise ForegroundError(f"{wrong}: {errors.decode(errors='replace').strip()[-LAST:]}")
    return output
