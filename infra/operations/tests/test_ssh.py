"""The ssh_config of an operation, as ssh itself reads it, and pinned host keys."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from infra.errors import ForegroundError
from infra.operations.ssh import SshConnection, forget_host_key
from infra.operations.ssh_config import config_text

if TYPE_CHECKING:
    from pathlib import Path

    from infra.operations.member_inputs import MemberInputs


def effective(worker: MemberInputs, folder: Path, host: str) -> dict[str, str]:
    """Return the settings that ssh itself reads from the file, for one host."""
    file = folder / "ssh_config"
    file.write_text(config_text(worker.access, worker.ssh_targets, folder / "known", folder / "s"))
    printed = subprocess.run(
        ["ssh", "-F", file, "-G", host], capture_output=True, check=True, text=True
    )
    return dict(line.split(" ", 1) for line in printed.stdout.splitlines() if " " in line)


def test_a_host_key_is_pinned_under_the_id_of_the_server(
    worker: MemberInputs, tmp_path: Path
) -> None:
    found = effective(worker, tmp_path, "w1")
    assert found["hostname"] == "10.0.0.12"
    assert found["hostkeyalias"] == "5f0c"
    assert found["userknownhostsfile"] == f"{tmp_path}/known/5f0c"
    assert found["stricthostkeychecking"] == "accept-new"


def test_every_machine_is_reached_through_the_jump_host(
    worker: MemberInputs, tmp_path: Path
) -> None:
    assert effective(worker, tmp_path, "w1")["proxyjump"] == "way-in"
    jump = effective(worker, tmp_path, "way-in")
    assert (jump["hostname"], jump["user"], jump["port"]) == ("way.example", "jump", "2222")
    assert "proxyjump" not in jump


def test_only_the_sites_own_key_is_offered(worker: MemberInputs, tmp_path: Path) -> None:
    found = effective(worker, tmp_path, "w1")
    assert (found["identityfile"], found["identitiesonly"]) == ("/keys/site", "yes")
    assert found["batchmode"] == "yes"


def test_forgetting_a_host_key_keeps_those_of_other_servers(tmp_path: Path) -> None:
    (tmp_path / "5f0c").touch()
    (tmp_path / "0a1b").touch()
    forget_host_key(tmp_path, "5f0c")
    forget_host_key(tmp_path, "5f0c")
    assert [file.name for file in tmp_path.iterdir()] == ["0a1b"]


def test_a_path_too_long_for_sockets_is_refused_with_what_to_type(
    worker: MemberInputs, tmp_path: Path
) -> None:
    folder = tmp_path / ("x" * 80)
    folder.mkdir()
    with pytest.raises(ForegroundError, match="too long") as refused:
        SshConnection(worker, folder, tmp_path / "known")
    assert "TMPDIR" in refused.value.hint
