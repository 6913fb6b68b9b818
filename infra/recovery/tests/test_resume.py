"""Recovery of a killed run: locks, half-written files, plugins, pending operations, volumes."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra import tokens
from infra.errors import ForegroundError
from infra.machines import orphans
from infra.operations.processes import start_time
from infra.recovery.locks import Lock, remove_half_written_files, remove_stale_locks
from infra.recovery.pending import adopt, pending, unread_volumes
from infra.recovery.plugins import end_plugins
from infra.recovery.resume import reclaim

TOP = Path(__file__).resolve().parents[3]
VOLUME = "urn:pulumi:a::foreground::x$openstack:blockstorage/volume:Volume::homes"
SERVER = "urn:pulumi:a::foreground::x$openstack:compute/instance:Instance::control-0"


def locked(pid: int, *, host: str = "", since: str = "") -> str:
    """Return a lock as Pulumi writes it, with nanoseconds."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.123456789Z")
    fields = {
        "pid": pid,
        "username": "ann",
        "hostname": host or socket.gethostname(),
        "timestamp": since or now,
    }
    return json.dumps(fields)


def dead() -> int:
    """Return the id of a process that has ended."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    return ended.pid


def test_a_lock_of_a_process_that_ended_is_removed(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(locked(dead()))
    assert remove_stale_locks(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_lock_is_removed_if_its_process_id_belongs_to_a_newer_process(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(locked(os.getpid(), since="2020-01-01T00:00:00+02:00"))
    assert remove_stale_locks(tmp_path)


def test_a_lock_of_a_living_process_stays_and_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(locked(os.getpid()))
    with pytest.raises(ForegroundError, match=rf"ann works .*process {os.getpid()}\)") as refused:
        remove_stale_locks(tmp_path)
    assert "kill -INT" in refused.value.hint
    assert (tmp_path / "a.json").exists()


def test_a_lock_of_another_host_stays_and_the_error_has_what_to_type(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(locked(dead(), host="elsewhere"))
    with pytest.raises(ForegroundError, match="ann on elsewhere") as refused:
        remove_stale_locks(tmp_path)
    assert "pulumi cancel" in refused.value.hint
    assert (tmp_path / "a.json").exists()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"timestamp": "yesterday"}'])
def test_a_lock_that_cannot_be_parsed_is_one_sentence(text: str) -> None:
    with pytest.raises(ForegroundError, match="cannot be read"):
        Lock.parsed(text)


def test_without_locks_nothing_is_removed(tmp_path: Path) -> None:
    assert not remove_stale_locks(tmp_path / "nowhere")


def test_half_written_files_are_removed_and_all_others_stay(tmp_path: Path) -> None:
    for name, text in {
        "a.json": "{}",
        "a.json.attrs": "",
        "a.json.18eb.tmp": "{",
        "a.json.bak": "{}",
        "a.json.bak.attrs": "{}\n",
    }.items():
        (tmp_path / name).write_text(text)
    remove_half_written_files(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "a.json",
        "a.json.bak",
        "a.json.bak.attrs",
    }


def test_a_zombie_process_counts_as_ended() -> None:
    child = subprocess.Popen(["true"])
    deadline = time.monotonic() + 10
    while start_time(child.pid) is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert start_time(child.pid) is None
    child.wait()
    assert abs((start_time(os.getpid()) or 0) - time.time()) < 24 * 3600


def plugin(folder: Path, engine: str) -> subprocess.Popen[bytes]:
    """Start a program that looks like a plugin whose engine has that address."""
    script = folder / "resource-a" / "pulumi-resource-a"
    script.parent.mkdir(exist_ok=True)
    script.write_text("import time\nprint(flush=True)\ntime.sleep(60)\n")
    child = subprocess.Popen([sys.executable, script, engine], stdout=subprocess.PIPE)
    assert child.stdout
    child.stdout.readline()
    return child


def test_only_plugins_whose_engine_has_ended_are_ended(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as engine:
        living = f"127.0.0.1:{engine.getsockname()[1]}"
        with socket.create_server(("127.0.0.1", 0)) as other:
            gone = f"127.0.0.1:{other.getsockname()[1]}"
        with plugin(tmp_path, living) as used, plugin(tmp_path, gone) as left:
            try:
                assert end_plugins(tmp_path) == 1
                assert left.wait(5) != 0
                assert used.poll() is None
            finally:
                used.kill()
                left.kill()


def state() -> dict[str, Any]:
    """Return a state of a run that was killed while it created a volume and a server."""
    return {
        "resources": [{"urn": "urn:pulumi:a::foreground::pulumi:pulumi:Stack::a"}],
        "pending_operations": [
            {
                "type": "creating",
                "resource": {
                    "urn": urn,
                    "type": urn.split("::")[2].rpartition("$")[2],
                    "inputs": {"name": "a"},
                    "protect": urn == VOLUME,
                },
            }
            for urn in (VOLUME, SERVER)
        ],
    }


def test_pending_operations_are_read_from_the_state() -> None:
    volume, server = pending(state())
    assert (volume.what, volume.kind, volume.name) == ("creating", tokens.VOLUME, "homes")
    assert (server.urn, server.name, server.inputs) == (SERVER, "control-0", {"name": "a"})
    assert pending({}) == []
    assert pending({"pending_operations": None}) == []


def test_an_adopted_volume_is_in_the_state_and_nothing_is_pending() -> None:
    after = adopt(state(), {VOLUME: "1234"})
    assert pending(after) == []
    assert [it["urn"] for it in after["resources"]][1:] == [VOLUME]
    assert after["resources"][1]["id"] == "1234"
    assert after["resources"][1]["protect"]
    assert unread_volumes(after) == [VOLUME]
    after["resources"][1]["outputs"] = {"size": 5}
    assert unread_volumes(after) == unread_volumes({}) == []


@pytest.mark.parametrize(("has", "adopts"), [([], {VOLUME: "left"}), ([VOLUME], {})])
def test_a_volume_is_adopted_unless_the_stack_has_another_and_never_deleted(
    has: list[str], adopts: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    volumes = [
        SimpleNamespace(id=identity, name="a", project_id="p", status="available")
        for identity in ("left", "had")[: len(has) + 1]
    ]
    service = SimpleNamespace(
        volumes=lambda: volumes,
        get_volume=lambda asked: next(v for v in volumes if v.id == asked),
    )
    cloud = SimpleNamespace(block_storage=service, current_project_id="p")
    resources = [{"urn": urn, "type": tokens.VOLUME, "id": "had"} for urn in has]
    begun = [one for one in pending(state()) if one.kind == tokens.VOLUME]
    assert reclaim(cloud, begun, {"resources": resources}, 0) == adopts
    assert ("openstack volume delete left" in capsys.readouterr().out) is bool(has)


def test_a_server_of_another_site_in_the_same_project_is_not_ours() -> None:
    servers = [
        SimpleNamespace(id="ours", name="control-0", key_name="foreground-a-1"),
        SimpleNamespace(id="theirs", name="control-0", key_name="foreground-b-1"),
    ]
    cloud = SimpleNamespace(compute=SimpleNamespace(servers=lambda: servers))
    find = orphans.KINDS["openstack:compute/instance:Instance"].find
    assert list(find(cloud, {"name": "control-0", "keyPair": "foreground-a-1"})) == ["ours"]


def test_a_floating_ip_is_identified_by_its_description() -> None:
    ips = [
        SimpleNamespace(id="a", description="", project_id="p"),
        SimpleNamespace(id="b", description="ours", project_id="p"),
        SimpleNamespace(id="c", description="ours", project_id="an admin sees this as well"),
    ]
    network = SimpleNamespace(ips=lambda: ips)
    cloud = SimpleNamespace(network=network, current_project_id="p")
    find = orphans.KINDS["openstack:networking/floatingIp:FloatingIp"].find
    assert not list(find(cloud, {"pool": "public"}))
    assert list(find(cloud, {"pool": "public", "description": "ours"})) == ["b"]


def test_two_volumes_of_one_name_need_a_persons_decision() -> None:
    with pytest.raises(ForegroundError, match="2 volumes homes"):
        orphans.wait_for_volume(None, "homes", ["a", "b"])


def test_a_shell_that_was_not_activated_is_an_error_with_what_to_type() -> None:
    clean = {name: value for name, value in os.environ.items() if name != "PULUMI_STACK"}
    done = subprocess.run(
        [sys.executable, "-m", "infra.recovery", "local"],
        cwd=TOP,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert ". ./activate local" in done.stderr
    assert "Traceback" not in done.stderr
