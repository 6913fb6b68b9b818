"""Settings file that the lab writes and labcloud reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from labcloud import settings

if TYPE_CHECKING:
    from pathlib import Path


def test_the_labs_file_is_read(told: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "cloud.json"
    path.write_text(json.dumps(told))
    cloud = settings.read(path)
    assert cloud.hosts == ("rack-1", "rack-2")
    assert cloud.url("nova") == "http://127.77.9.2:8774/v2.1"
    assert cloud.health("nova") == "http://127.77.9.2:8774/"


@pytest.mark.parametrize("change", [{"netns": None}, {"colour": "blue"}])
def test_a_key_too_few_or_too_many_is_refused(
    told: dict[str, Any], tmp_path: Path, change: dict[str, str | None]
) -> None:
    keys = {key: value for key, value in (told | change).items() if value is not None}
    path = tmp_path / "cloud.json"
    path.write_text(json.dumps(keys))
    with pytest.raises(settings.SettingsError, match="must have exactly the keys"):
        settings.read(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(settings.SettingsError, match="nowhere"):
        settings.read(tmp_path / "nowhere")
