"""Node packages of the issuer: locked by hashes; an error of npm is one sentence."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from infra.errors import ForegroundError
from lab.identity.packages import ISSUER, packages

if TYPE_CHECKING:
    from pathlib import Path


def test_every_package_is_locked_with_its_hash_and_no_registrys_host() -> None:
    locked = json.loads((ISSUER / "package-lock.json").read_text())["packages"]
    described = json.loads((ISSUER / "package.json").read_text())
    assert locked.pop("")["dependencies"] == described["dependencies"]
    assert [name for name, package in locked.items() if "integrity" not in package] == []
    assert [name for name, package in locked.items() if "resolved" in package] == []


def test_a_registry_that_does_not_answer_is_a_sentence_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{port}/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(ForegroundError, match="npm could not install"):
        packages()
    home = tmp_path / "cache" / "foreground" / "identity"
    assert [path.name for path in home.iterdir()] == ["lock"]
