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


class Api(ThreadingHTTPServer):
    """Says what a test has it say, by the rules of Kubernetes' lists and watches."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.items: dict[str, list[dict[str, Any]]] = {}
        self.changes: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.asked: list[str] = []
        self.patched: list[tuple[str, Any]] = []
        """Path and words of each change that was asked for, in their order."""

    @property
    def kubeconfig(self) -> dict[str, Any]:
        """The way to it."""
        return {
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [
                {"name": "c", "cluster": {"server": f"http://127.0.0.1:{self.server_port}"}}
            ],
            "users": [{"name": "u", "user": {"token": "t0ken"}}],
        }

    def change(self, type_: str, item: dict[str, Any]) -> None:
        """Tell whoever watches of a change."""
        self.changes.put({"type": type_, "object": item})

    def close_watch(self) -> None:
        """End a watch, in an orderly way."""
        self.changes.put(None)


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    server: Api

    def do_GET(self) -> None:
        """List or watch what a test put there."""
        url = urlsplit(self.path)
        plural = url.path.rpartition("/")[2]
        query = parse_qs(url.query)
        self.server.asked.append(f"{self.path} {self.headers['Authorization']}")
        if url.path == "/version":
            self.say(200, {"gitVersion": "v1.36.4"})
        elif plural not in self.server.items:
            self.say(404, {"message": f"there are no {plural}"})
        elif "watch" in query:
            self.stream()
        else:
            items = self.server.items[plural]
            self.say(200, {"metadata": {"resourceVersion": "1"}, "items": items})

    def do_PATCH(self) -> None:
        """Take note of a change, and say it back."""
        words = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.headers["Content-Type"] == "application/merge-patch+json"
        self.server.patched.append((self.path, words))
        self.say(200, words)

    def do_DELETE(self) -> None:
        """Know of nothing."""
        self.say(404, {"message": "gone"})

    def stream(self) -> None:
        """Tell of changes until the watch is to end."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while (change := self.server.changes.get()) is not None:
            line = json.dumps(change).encode() + b"\n"
            for piece in (line[:7], line[7:]):  # chunks keep to no line
                self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def say(self, status: int, content: dict[str, Any]) -> None:
        """Answer."""
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.close_watch()
        server.shutdown()
        thread.join()
