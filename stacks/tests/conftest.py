from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from infra.testing import complete_site

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def sections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The site `local` with every capability, by section; its files are in tmp_path."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    return complete_site(tmp_path)
