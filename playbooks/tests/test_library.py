"""Our two Ansible modules, each run as Ansible does: in its own process, with JSON arguments."""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

LIBRARY = Path(__file__).resolve().parents[1] / "library"


def run(module: str, *, check: bool = False, **arguments: object) -> dict[str, Any]:
    """Run a module and return its result."""
    given = json.dumps({"ANSIBLE_MODULE_ARGS": {**arguments, "_ansible_check_mode": check}})
    done = subprocess.run(
        [sys.executable, LIBRARY / f"{module}.py"],
        input=given,
        capture_output=True,
        check=False,
        text=True,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


# --- write_files ------------------------------------------------------------------------------


def test_files_are_written_with_their_permissions_and_folders(tmp_path: Path) -> None:
    secret = {"path": str(tmp_path / "deep" / "secret"), "content": "s\n", "mode": "0600"}
    plain = {"path": str(tmp_path / "plain"), "content": "p\n"}
    result = run("write_files", files=[secret, plain])
    assert result["changed_files"] == [secret["path"], plain["path"]]
    assert Path(secret["path"]).read_text() == "s\n"
    assert Path(secret["path"]).stat().st_mode & 0o7777 == 0o600
    assert Path(plain["path"]).stat().st_mode & 0o7777 == 0o644


def test_a_second_run_changes_nothing_and_touches_nothing(tmp_path: Path) -> None:
    wanted = {"path": str(tmp_path / "file"), "content": "text\n"}
    run("write_files", files=[wanted])
    before = Path(wanted["path"]).stat()
    assert not run("write_files", files=[wanted])["changed"]
    assert Path(wanted["path"]).stat().st_ino == before.st_ino


@pytest.mark.parametrize("other", [{"content": "other\n"}, {"mode": "0640"}])
def test_only_what_differs_is_written(tmp_path: Path, other: dict[str, str]) -> None:
    same = {"path": str(tmp_path / "same"), "content": "text\n"}
    differs = {"path": str(tmp_path / "differs"), "content": "text\n"}
    run("write_files", files=[same, differs])
    result = run("write_files", files=[same, differs | other])
    assert result["changed_files"] == [differs["path"]]


def test_check_mode_reports_a_change_and_changes_nothing(tmp_path: Path) -> None:
    wanted = {"path": str(tmp_path / "file"), "content": "text\n"}
    assert run("write_files", check=True, files=[wanted])["changed"]
    assert list(tmp_path.iterdir()) == []


# --- nfs_export: the bytes of RFC 5531 and RFC 7530 ----------------------------------------------

REQUEST = bytes.fromhex(
    "80000078"  # the last fragment, 120 bytes
    "00000001 00000000 00000002"  # xid 1, a call, RPC version 2
    "000186a3 00000004 00000001"  # program NFS, version 4, procedure COMPOUND
    "00000001 00000020"  # AUTH_SYS, 32 bytes:
    "00000000 0000000a 666f726567726f756e640000"  # stamp 0, machine "foreground"
    "00000000 00000000 00000000"  # uid 0, gid 0, no more groups
    "00000000 00000000"  # no verifier
    "00000000 00000000 00000004"  # no tag, minor version 0, four operations:
    "00000018"  # PUTROOTFH
    "0000000f 00000003 73727600"  # LOOKUP "srv"
    "0000000f 00000005 686f6d6573000000"  # LOOKUP "homes"
    "0000000a"  # GETFH
)


def reply(status: int) -> bytes:
    """Return an accepted RPC response with an NFS status."""
    body = struct.pack(">7I", 1, 1, 0, 0, 0, 0, status)
    return struct.pack(">I", 0x80000000 | len(body)) + body


class Server:
    """Reads one request per connection, records it, and sends the same response to all."""

    def __init__(self, response: bytes) -> None:
        self.response = response
        self.requests: list[bytes] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                size = struct.unpack(">I", connection.recv(4))[0] & 0x7FFFFFFF
                self.requests.append(connection.recv(size))
                connection.sendall(self.response)

    def close(self) -> None:
        """Stop the server."""
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    made = Server(reply(request.param))
    yield made
    made.close()


def request_export(server: Server) -> dict[str, Any]:
    return run("nfs_export", host="127.0.0.1", port=server.port, path="/srv/homes", patience=0)


@pytest.mark.parametrize("server", [0], indirect=True)
def test_an_export_is_requested_from_the_root_down_in_one_call(server: Server) -> None:
    assert request_export(server) == {
        "changed": False,
        "invocation": request_export(server)["invocation"],
    }
    assert server.requests[0] == REQUEST[4:]


@pytest.mark.parametrize("server", [2], indirect=True)
def test_a_path_that_is_not_exported_fails_with_the_status_of_the_server(server: Server) -> None:
    result = request_export(server)
    assert result["failed"]
    assert result["msg"] == f"127.0.0.1:{server.port} does not give out /srv/homes: NFS status 2"
