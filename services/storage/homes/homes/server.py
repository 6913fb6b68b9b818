"""HTTP server of the homes service.

`PUT /<folder>` with a person's user name as its body creates the folder if it does not exist
(200) and refuses a folder that belongs to another person (409). `GET /` is the readiness probe: it
writes to the file system, so that the pod is not ready while the file server is away (503, or no
response).

Requests are served one at a time: while the file server is away, one request hangs and not
hundreds.
"""

from __future__ import annotations

import re
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Final

from .folders import Folders, TakenError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["server"]

_FOLDER: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
"""A safe name: no dot, no slash, no character with a meaning in a shell or a path."""
_MAX_PERSON_BYTES: Final = 1024


class _Handler(BaseHTTPRequestHandler):
    """Handler of one request."""

    timeout = 5  # seconds; for a client that connects and sends nothing
    folders: Folders

    def do_GET(self) -> None:
        """Respond whether the homes are writable."""
        self._respond_to(self.folders.check)

    def do_PUT(self) -> None:
        """Create the folder of a person."""
        folder, length = self.path[1:], int(self.headers.get("Content-Length", 0))
        person = self.rfile.read(min(length, _MAX_PERSON_BYTES)).decode(errors="replace")
        if not _FOLDER.fullmatch(folder) or not person or length > _MAX_PERSON_BYTES:
            self._respond(HTTPStatus.BAD_REQUEST, "no such name")
            return
        self._respond_to(lambda: self.folders.create(folder, person))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base
        """Log nothing for requests that succeed."""

    def _respond_to(self, work: Callable[[], None]) -> None:
        """Do the work and respond with its result."""
        try:
            work()
        except TakenError as error:
            print(f"homes: {error}", file=sys.stderr, flush=True)  # noqa: T201 - a pod's log
            self._respond(HTTPStatus.CONFLICT, "the folder belongs to another person")
        except OSError as error:
            print(f"homes: {error}", file=sys.stderr, flush=True)  # noqa: T201 - a pod's log
            self._respond(HTTPStatus.SERVICE_UNAVAILABLE, "the homes are not writable")
        else:
            self._respond(HTTPStatus.OK, "")

    def _respond(self, status: HTTPStatus, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


class _Server(HTTPServer):
    request_queue_size = 128


def server(top: Path, port: int) -> HTTPServer:
    """Return a server that listens on all addresses; its `serve_forever` handles requests.

    Args:
        top: The directory that holds the folders of all people.
        port: TCP port, or 0 for any free one.
    """
    handler = type("Handler", (_Handler,), {"folders": Folders(top)})
    return _Server(("", port), handler)
