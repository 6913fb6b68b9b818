"""HTTPS server of read-only folders: `python -I fileserver.py SETTINGS.json`, with stdlib only.

Settings: `address` ([host, port]), `certificate`, `key`, and `folders`, which maps the
first part of a path to a folder; the empty name is for all other paths.
"""

from __future__ import annotations

import json
import ssl
import sys
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    import io
    import socket
    from typing import Any, BinaryIO

HANDSHAKE_S = 10.0
IDLE_S = 60.0


class Files(SimpleHTTPRequestHandler):
    """Handler of GET and HEAD for existing files; it lists no folder."""

    protocol_version = "HTTP/1.1"  # apt asks for many files over one connection
    timeout = IDLE_S

    def __init__(self, *arguments: Any, folders: dict[str, Path]) -> None:  # noqa: ANN401
        self.folders = folders
        super().__init__(*arguments)

    def translate_path(self, path: str) -> str:
        """File of a request's path, or a path that never exists."""
        parts = [part for part in unquote(urlsplit(path).path).split("/") if part]
        if any(part.startswith(".") or "\0" in part for part in parts):
            return "/nonexistent"
        if parts and parts[0] in self.folders:
            return str(self.folders[parts[0]].joinpath(*parts[1:]))
        return str(self.folders[""].joinpath(*parts))

    def send_head(self) -> io.BytesIO | BinaryIO | None:
        """Respond 404 to folders: neither a list nor an index.html."""
        if Path(self.translate_path(self.path)).is_dir():
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        return super().send_head()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log no successful request."""


class Server(ThreadingHTTPServer):
    """Server with a thread for each connection, its TLS handshake included."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, settings: dict[str, Any]) -> None:
        folders = {name: Path(folder) for name, folder in settings["folders"].items()}
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(settings["certificate"], settings["key"])
        super().__init__(tuple(settings["address"]), partial(Files, folders=folders))

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Do the TLS handshake, respond, and close the connection."""
        plain: socket.socket = request
        plain.settimeout(HANDSHAKE_S)
        with self.tls.wrap_socket(plain, server_side=True) as tls:
            super().finish_request(tls, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401, ARG002
        """Log one line for a client that disconnected or does not use TLS."""
        sys.stderr.write(f"{client_address[0]}: {sys.exception()!r}\n")


if __name__ == "__main__":
    with Server(json.loads(Path(sys.argv[1]).read_text())) as server:
        server.serve_forever()
