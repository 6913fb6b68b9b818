"""File server over TLS on loopback: it serves files, lists no folder, accepts no upload."""

from __future__ import annotations

import http.client
import ssl
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from lab.mirror import certificates
from lab.mirror.fileserver import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HERE = "127.0.0.1"


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[http.client.HTTPSConnection]:
    certificates.certify(tmp_path / "keys", "test", HERE)
    (tmp_path / "secret").write_text("not for you")
    for name in ("files/bin", "packages/pool"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "files/bin/program").write_text("program")
    (tmp_path / "files/.hidden").write_text("hidden")
    (tmp_path / "packages/pool/dmsetup_2%3a1.deb").write_text("package")
    (tmp_path / "packages/pool/index.html").write_text("a page")
    settings = {
        "address": [HERE, 0],
        "folders": {"": str(tmp_path / "files"), "debian": str(tmp_path / "packages")},
        "certificate": str(tmp_path / "keys/server.pem"),
        "key": str(tmp_path / "keys/server.key"),
    }
    with Server(settings) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        context = ssl.create_default_context(cafile=str(tmp_path / "keys/ca.pem"))
        client = http.client.HTTPSConnection(HERE, server.server_port, context=context)
        yield client
        client.close()
        server.shutdown()
        serving.join()


def ask(
    connection: http.client.HTTPSConnection, path: str, method: str = "GET"
) -> tuple[int, bytes]:
    connection.request(method, path)
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_files_are_served_over_one_connection(connection: http.client.HTTPSConnection) -> None:
    assert ask(connection, "/bin/program") == (HTTPStatus.OK, b"program")
    kept = connection.sock
    assert ask(connection, "/debian/pool/dmsetup_2%253a1.deb") == (HTTPStatus.OK, b"package")
    assert ask(connection, "/bin/program", "HEAD") == (HTTPStatus.OK, b"")
    assert connection.sock is kept


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/bin",
        "/bin/",
        "/debian/pool/",
        "/.hidden",
        "/../secret",
        "/bin/../../secret",
        "/..%2fsecret",
        "/%2e%2e/secret",
        "/debian/..%2f..%2fsecret",
        "//etc/passwd",
        "/bin/program%00",
    ],
)
def test_no_folder_is_listed_and_no_path_leads_outside(
    connection: http.client.HTTPSConnection, path: str
) -> None:
    status, _ = ask(connection, path)
    assert status == HTTPStatus.NOT_FOUND


def test_uploads_are_refused(connection: http.client.HTTPSConnection) -> None:
    assert ask(connection, "/bin/program", "PUT")[0] == HTTPStatus.NOT_IMPLEMENTED
