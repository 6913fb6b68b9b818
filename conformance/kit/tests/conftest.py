from __future__ import annotations

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


class ApiServer(ThreadingHTTPServer):
    """Serves the lists and watches that a test sets, as the Kubernetes API does."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.items: dict[str, list[dict[str, Any]]] = {}
        self.changes: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.requests: list[str] = []
        self.patched: list[tuple[str, Any]] = []
        """Path and body of each patch request, in their order."""

    @property
    def kubeconfig(self) -> dict[str, Any]:
        """A kubeconfig for this server."""
        return {
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [
                {"name": "c", "cluster": {"server": f"http://127.0.0.1:{self.server_port}"}}
            ],
            "users": [{"name": "u", "user": {"token": "t0ken"}}],
        }

    def change(self, type_: str, item: dict[str, Any]) -> None:
        """Send a change to the open watch."""
        self.changes.put({"type": type_, "object": item})

    def close_watch(self) -> None:
        """Close the open watch in the ordinary way."""
        self.changes.put(None)


class Handler(BaseHTTPRequestHandler):
    """Handles one connection."""

    protocol_version = "HTTP/1.1"
    server: ApiServer

    def do_GET(self) -> None:
        """Return a list, or open a watch."""
        url = urlsplit(self.path)
        plural = url.path.rpartition("/")[2]
        query = parse_qs(url.query)
        self.server.requests.append(f"{self.path} {self.headers['Authorization']}")
        if url.path == "/version":
            self.respond(200, {"gitVersion": "v1.36.4"})
        elif plural not in self.server.items:
            self.respond(404, {"message": f"there are no {plural}"})
        elif "watch" in query:
            self.stream()
        else:
            items = self.server.items[plural]
            self.respond(200, {"metadata": {"resourceVersion": "1"}, "items": items})

    def do_PATCH(self) -> None:
        """Store a patch and return it."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.headers["Content-Type"] == "application/merge-patch+json"
        self.server.patched.append((self.path, body))
        self.respond(200, body)

    def do_DELETE(self) -> None:
        """Return 404, as for an object that does not exist."""
        self.respond(404, {"message": "gone"})

    def stream(self) -> None:
        """Send changes until the watch is closed."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while (change := self.server.changes.get()) is not None:
            line = json.dumps(change).encode() + b"\n"
            for piece in (line[:7], line[7:]):  # chunks do not end with lines
                self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def respond(self, status: int, content: dict[str, Any]) -> None:
        """Send a response."""
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with ApiServer() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.close_watch()
        server.shutdown()
        thread.join()
