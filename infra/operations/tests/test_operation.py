from __future__ import annotations

import os
import subprocess
import tempfile
from typing import TYPE_CHECKING

from infra.operations.operation import private_folder, sweep

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_runs_folder_is_private_and_goes_with_the_run() -> None:
    with private_folder() as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()


def test_the_folder_of_a_killed_run_is_swept_and_that_of_a_living_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ended = subprocess.Popen(["true"])
    ended.wait()
    left = tmp_path / f"fg-{ended.pid}-x"
    mine = tmp_path / f"fg-{os.getpid()}-x"
    left.mkdir()
    mine.mkdir()
    sweep()
    assert (left.exists(), mine.exists()) == (False, True)
