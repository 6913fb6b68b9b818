from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from infra.errors import ForegroundError
from infra.operations.ssh import Ssh, config_text, forget

if TYPE_CHECKING:
    from pathlib import Path

    from infra.operations.membership import Membership


def effective(worker: Membership, folder: Path, host: str) -> dict[str, str]:
    """What ssh itself makes of the configuration, for one host."""
    file = folder / "ssh_config"
    file.write_text(config_text(worker.access, worker.machines, folder / "known", folder / "s"))
    said = subprocess.run(
        ["ssh", "-F", file, "-G", host], capture_output=True, check=True, text=True
    )
    return dict(line.split(" ", 1) for line in said.stdout.splitlines() if " " in line)


def test_a_machines_key_is_pinned_under_its_servers_id(worker: Membership, tmp_path: Path) -> None:
    found = effective(worker, tmp_path, "w1")
    assert found["hostname"] == "10.0.0.12"
    assert found["hostkeyalias"] == "5f0c"
    assert found["userknownhostsfile"] == f"{tmp_path}/known/5f0c"
    assert found["stricthostkeychecking"] == "accept-new"


def test_every_machine_is_reached_through_the_jump_host(
    worker: Membership, tmp_path: Path
) -> None:
    assert effective(worker, tmp_path, "w1")["proxyjump"] == "way-in"
    way = effective(worker, tmp_path, "way-in")
    assert (way["hostname"], way["user"], way["port"]) == ("way.example", "jump", "2222")
    assert "proxyjump" not in way


def test_only_the_sites_own_key_is_offered(worker: Membership, tmp_path: Path) -> None:
    found = effective(worker, tmp_path, "w1")
    assert (found["identityfile"], found["identitiesonly"]) == ("/keys/site", "yes")
    assert found["batchmode"] == "yes"


def test_a_server_that_is_gone_is_forgotten_alone(tmp_path: Path) -> None:
    (tmp_path / "5f0c").touch()
    (tmp_path / "0a1b").touch()
    forget(tmp_path, "5f0c")
    forget(tmp_path, "5f0c")
    assert [file.name for file in tmp_path.iterdir()] == ["0a1b"]


def test_a_folder_too_long_for_sockets_is_refused_with_what_to_type(
    worker: Membership, tmp_path: Path
) -> None:
    folder = tmp_path / ("x" * 80)
    folder.mkdir()
    with pytest.raises(ForegroundError, match="too long") as refused:
        Ssh(worker, folder, tmp_path / "known")
    assert "TMPDIR" in refused.value.hint
