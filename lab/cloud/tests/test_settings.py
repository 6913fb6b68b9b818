"""Settings file that the lab writes and labcloud reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from labcloud import settings

if TYPE_CHECKING:
    from pathlib import Path


def test_the_settings_file_of_the_lab_is_read(values: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "cloud.json"
    path.write_text(json.dumps(values))
    cloud = settings.read(path)
    assert cloud.hosts == ("rack-1", "rack-2")
    assert cloud.url("nova") == "http://127.77.9.2:8774/v2.1"
    assert cloud.health("nova") == "http://127.77.9.2:8774/"


@pytest.mark.parametrize("change", [{"netns": None}, {"colour": "blue"}])
def test_a_missing_or_an_unknown_key_is_refused(
    values: dict[str, Any], tmp_path: Path, change: dict[str, str | None]
) -> None:
    keys = {key: value for key, value in (values | change).items() if value is not None}
    path = tmp_path / "cloud.json"
    path.write_text(json.dumps(keys))
    with pytest.raises(settings.SettingsError, match="must have exactly the keys"):
        settings.read(path)


def test_the_error_names_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(settings.SettingsError, match="nowhere"):
        settings.read(tmp_path / "nowhere")
