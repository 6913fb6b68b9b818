"""Files that are open as loop devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labcloud.cinder import loops

if TYPE_CHECKING:
    from pathlib import Path


def test_an_open_file_is_found_by_its_full_path(tmp_path: Path) -> None:
    backing = tmp_path / "block" / "loop3" / "loop" / "backing_file"
    backing.parent.mkdir(parents=True)
    backing.write_text("/volumes/volume-1\n")
    (tmp_path / "block" / "loop4").mkdir()  # a device without a file
    assert loops.device_of(tmp_path / "volume-1", tmp_path / "block") is None
    assert loops.device_of(loops.Path("/volumes/volume-1"), tmp_path / "block") == "loop3"
