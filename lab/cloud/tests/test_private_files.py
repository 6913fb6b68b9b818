"""Passwords and other files that only root may read."""

from __future__ import annotations

import fcntl
from typing import TYPE_CHECKING

import pytest

from labcloud import private_files

if TYPE_CHECKING:
    from pathlib import Path


def test_passwords_are_generated_once(tmp_path: Path) -> None:
    path = tmp_path / "cloud" / "secrets.json"
    first = private_files.passwords(path)
    assert private_files.passwords(path) == first
    assert set(first) == {"admin", "service", "metadata"}
    assert len(set(first.values())) == len(first)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_missing_password_is_added_to_the_existing_ones(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    private_files.write(path, '{"admin": "kept"}')
    assert private_files.passwords(path)["admin"] == "kept"
    assert "service" in private_files.passwords(path)


def test_a_file_that_all_could_read_becomes_private(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o644)
    private_files.write(path, "new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_lock_has_one_holder_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with private_files.held(path), path.open("w") as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with path.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
