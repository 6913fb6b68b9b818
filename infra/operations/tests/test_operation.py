"""Private folders of operations, also of those whose process was killed."""

from __future__ import annotations

import os
import subprocess
import tempfile
from typing import TYPE_CHECKING

from infra.operations.operation import private_folder, remove_stale_folders

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_folder_of_an_operation_is_private_and_removed_at_its_end() -> None:
    with private_folder() as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()


def test_the_folder_of_a_killed_process_is_removed_and_ours_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ended = subprocess.Popen(["true"])
    ended.wait()
    left = tmp_path / f"fg-{ended.pid}-x"
    mine = tmp_path / f"fg-{os.getpid()}-x"
    left.mkdir()
    mine.mkdir()
    remove_stale_folders()
    assert (left.exists(), mine.exists()) == (False, True)
