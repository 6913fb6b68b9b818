"""Keys and clients of the issuer: made once, and readable by root only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from infra.errors import ForegroundError
from lab.identity.keys import have_client, have_keys, secret_file

if TYPE_CHECKING:
    from pathlib import Path

RETURNS = ["https://hub.test/oauth_callback", "https://hub.test/"]


def held(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_keys_and_clients_are_made_once_and_only_root_reads_them(tmp_path: Path) -> None:
    for _ in range(2):
        have_keys(tmp_path)
        have_client(tmp_path, "hub", "JupyterHub", RETURNS)
        first = held(tmp_path)
    assert held(tmp_path) == first
    assert sorted(first) == ["clients.json", "cookies.key", "secret-hub", "signing.pem"]
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_an_existing_client_is_not_changed(tmp_path: Path) -> None:
    other = {"client_id": "other", "client_secret": "x", "redirect_uris": ["https://other.test/"]}
    mine = {"client_id": "hub", "client_secret": "given", "redirect_uris": ["https://mine.test/"]}
    (tmp_path / "clients.json").write_text(json.dumps([other, mine]))
    have_client(tmp_path, "hub", "JupyterHub", RETURNS)
    found = json.loads((tmp_path / "clients.json").read_text())
    assert found[0] == other
    assert found[1]["redirect_uris"] == mine["redirect_uris"]
    assert found[1]["post_logout_redirect_uris"] == RETURNS[1:]
    assert secret_file(tmp_path, "hub").read_text() == "given\n"


@pytest.mark.parametrize("broken", ['[{"client_secret": "words"', '{"client_secret": "words"}'])
def test_a_broken_file_is_refused_without_its_secrets(tmp_path: Path, broken: str) -> None:
    (tmp_path / "clients.json").write_text(broken)
    with pytest.raises(ForegroundError) as raised:
        have_client(tmp_path, "hub", "JupyterHub", RETURNS)
    assert "clients.json" in str(raised.value)
    assert "words" not in str(raised.value)
