"""The homes' keeper, run in a pod of its own: makes a person's folder, and knows whose it is.

`python served.py FOLDER PORT`. `PUT /<folder>` with a person's name as its body makes the folder
if there is none, and refuses one that is another person's. `GET /` looks at the homes: while their
server is away that does not answer, and the pod counts as not ready.

It does one thing at a time: where the server is away, one request waits for it, and not hundreds.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Homes", "TakenError", "server"]

FOLDER = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
"""What a safe name is: no dot, no slash, nothing that a shell or a path would read otherwise."""
LONGEST = 1024


class TakenError(Exception):
    """The folder is another person's."""


class Homes:
    """The folder of all homes."""

    def __init__(self, top: Path) -> None:
        self._top = top
        self._owners = top / ".owners"  # no person's folder begins with a dot

    def look(self) -> None:
        """Make sure that they can be written to."""
        with self._written("a full volume takes no byte"):
            pass

    @contextmanager
    def _written(self, words: str) -> Iterator[str]:
        """Have a file beside the owners meanwhile; it is on the server, not only flushed."""
        self._owners.mkdir(mode=0o700, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=self._owners, encoding="utf-8") as aside:
            aside.write(words)
            aside.flush()
            os.fsync(aside.fileno())
            yield aside.name

    def have(self, folder: str, person: str) -> None:
        """Make sure that a person has a folder, which nobody else can read.

        The name of a folder is short, and a hostile person could find a name of theirs that leads
        to another's: so who had it first is written down.

        Raises:
            TakenError: It is another person's.
        """
        whose = self._owners / folder
        with self._written(person) as aside:
            try:
                os.link(aside, whose)
            except FileExistsError:
                owner = whose.read_text(encoding="utf-8")
                if owner != person:
                    raise TakenError(
                        f"{folder} is {owner!r}'s, and {person!r} asked for it"
                    ) from None
        (self._top / folder).mkdir(mode=0o700, exist_ok=True)


class _Request(BaseHTTPRequestHandler):
    """One request."""

    timeout = 5  # of whoever connects and says nothing
    homes: Homes

    def do_GET(self) -> None:
        """Tell whether the homes are there."""
        self._answer(self.homes.look)

    def do_PUT(self) -> None:
        """Have a person's folder."""
        folder, length = self.path[1:], int(self.headers.get("Content-Length", 0))
        person = self.rfile.read(min(length, LONGEST)).decode(errors="replace")
        if not FOLDER.fullmatch(folder) or not person or length > LONGEST:
            self._say(HTTPStatus.BAD_REQUEST, "no such name")
            return
        self._answer(lambda: self.homes.have(folder, person))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        """Keep silent about what works."""

    def _answer(self, work: Callable[[], None]) -> None:
        try:
            work()
        except TakenError as error:
            print(f"homes: {error}", file=sys.stderr, flush=True)  # noqa: T201 - a pod's log
            self._say(HTTPStatus.CONFLICT, "the folder is another person's")
        except OSError as error:
            print(f"homes: {error}", file=sys.stderr, flush=True)  # noqa: T201 - a pod's log
            self._say(HTTPStatus.SERVICE_UNAVAILABLE, "the homes cannot be written to")
        else:
            self._say(HTTPStatus.OK, "")

    def _say(self, status: HTTPStatus, words: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(words)))
        self.end_headers()
        self.wfile.write(words.encode())


class _Server(HTTPServer):
    request_queue_size = 128


def server(top: Path, port: int) -> HTTPServer:
    """Return the server; it hears once it is told to."""
    request = type("Request", (_Request,), {"homes": Homes(top)})
    return _Server(("", port), request)


if __name__ == "__main__":
    server(Path(sys.argv[1]), int(sys.argv[2])).serve_forever()
