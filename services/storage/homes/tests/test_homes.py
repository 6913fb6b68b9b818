from __future__ import annotations

import http.client
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from services.storage.homes.homes.folders import Folders, TakenError
from services.storage.homes.homes.server import server

if TYPE_CHECKING:
    from collections.abc import Iterator

Address = tuple[str, int]


@pytest.fixture
def address(tmp_path: Path) -> Iterator[Address]:
    """Address of a running homes service."""
    with server(tmp_path, 0) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield "127.0.0.1", running.server_address[1]
        running.shutdown()
        thread.join()


def request(address: Address, method: str, path: str, body: str = "") -> int:
    """Send a request and return the status of the response."""
    connection = http.client.HTTPConnection(*address, timeout=5)
    connection.request(method, path, body.encode() or None)
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_person_gets_a_folder_that_nobody_else_can_read(
    address: Address, tmp_path: Path
) -> None:
    assert request(address, "PUT", "/ada", "ada") == 200
    assert (tmp_path / "ada").stat().st_mode & 0o777 == 0o700


def test_an_existing_folder_keeps_its_files(address: Address, tmp_path: Path) -> None:
    request(address, "PUT", "/ada", "ada")
    (tmp_path / "ada" / "kept").write_text("written")
    assert request(address, "PUT", "/ada", "ada") == 200
    assert (tmp_path / "ada" / "kept").read_text() == "written"


def test_a_name_that_maps_to_the_folder_of_another_person_is_refused(address: Address) -> None:
    assert request(address, "PUT", "/ada---0123abcd", "Ada") == 200
    assert request(address, "PUT", "/ada---0123abcd", "aDA") == 409
    assert request(address, "PUT", "/ada---0123abcd", "Ada") == 200


@pytest.mark.parametrize(
    "path",
    ["/", "/..", "/a/b", "/.owners", "/-a", "/A", "/%2e%2e", "/a%2fb", "/" + "a" * 64],
)
def test_an_unsafe_name_creates_no_folder(address: Address, tmp_path: Path, path: str) -> None:
    assert request(address, "PUT", path, "ada") == 400
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("person", ["", "a" * 1025])
def test_a_person_with_no_name_or_a_huge_one_gets_no_folder(
    address: Address, tmp_path: Path, person: str
) -> None:
    assert request(address, "PUT", "/ada", person) == 400
    assert list(tmp_path.iterdir()) == []


def test_the_service_is_ready_while_the_homes_are_writable(
    address: Address, tmp_path: Path
) -> None:
    assert request(address, "GET", "/") == 200
    (tmp_path / ".owners").rmdir()
    tmp_path.rmdir()
    assert request(address, "GET", "/") == 503
    assert request(address, "PUT", "/ada", "ada") == 503


def test_an_owner_is_recorded_completely_or_not_at_all(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    folders.create("ada", "ada")
    with pytest.raises(TakenError):
        folders.create("ada", "ada of another institute")
    assert [path.name for path in (tmp_path / ".owners").iterdir()] == ["ada"]
    assert (tmp_path / ".owners" / "ada").read_text() == "ada"


def test_the_command_line_serves_a_folder_on_a_port(tmp_path: Path) -> None:
    program = Path(__file__).parents[1]
    with server(tmp_path, 0) as free:
        port = free.server_address[1]
    command = [sys.executable, "-m", "homes", str(tmp_path), str(port)]
    with subprocess.Popen(command, cwd=program) as run:
        try:
            assert answered(("127.0.0.1", port))
        finally:
            run.kill()


def answered(address: Address) -> bool:
    """Wait until the service responds, at most 10 s."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            return request(address, "GET", "/") == 200
        except ConnectionRefusedError:
            time.sleep(0.05)
    return False
