"""TCP forwarder: loopback ports of the host, forwarded into a lab's network namespace.

``python -m lab.forwarder NAMESPACE FOLDER``: every FOLDER/*.json is a list of [listen address,
port, address inside, port]. All files are merged, and changes of them are followed. It forwards
plain TCP and does not read the data. It ends with the namespace or by SIGTERM.

A socket belongs to the network namespace in which it was created, so this process enters the
namespace only for the call of socket().
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path

from lab.folder_watch import FolderWatch
from lab.namespaces import NAMESPACES, entered

__all__ = ["Forwarder", "Route"]

Route = tuple[str, int, str, int]
"""(listen address, port, address inside, port)"""

MakeSocket = Callable[[], socket.socket]
RESET = struct.pack("ii", 1, 0)  # SO_LINGER 0: close() sends RST
CONNECT_S = 10.0
RETRY_S = 5.0
"""Seconds until a listener that could not be opened (address in use) is tried again."""


class Inside:
    """Factory of TCP sockets in another network namespace."""

    def __init__(self, namespace: Path) -> None:
        self._namespace = namespace

    def __call__(self) -> socket.socket:
        """Return a non-blocking socket; raises OSError when the namespace is gone."""
        with entered(self._namespace):
            made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.settimeout(0)
        return made


class Listener:
    """One forwarded port and its connections."""

    def __init__(self, route: Route, dial: MakeSocket) -> None:
        self._route, self._dial = route, dial
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Start to accept connections; raises OSError when the address is taken."""
        self._server = await asyncio.start_server(self._serve, *self._route[:2], backlog=256)

    async def close(self) -> None:
        """Stop to accept connections, and reset the open ones."""
        if self._server:
            self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        client: socket.socket = writer.get_extra_info("socket")
        far: asyncio.StreamWriter | None = None
        try:
            far_reader, far = await self._connect()
            for end in (client, far.get_extra_info("socket")):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            await asyncio.gather(_pump(reader, far), _pump(far_reader, writer))
        except (OSError, TimeoutError, asyncio.CancelledError):
            # no listener inside, or the route was removed: the client gets a reset
            for broken in (writer, far):
                if broken:
                    _reset(broken)
        finally:
            for stream in (writer, far):
                if stream:
                    stream.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        out = self._dial()
        try:
            connect = asyncio.get_running_loop().sock_connect(out, self._route[2:])
            await asyncio.wait_for(connect, CONNECT_S)
            return await asyncio.open_connection(sock=out)
        except BaseException:
            out.close()
            raise


class Forwarder:
    """Reconciler: opens and closes listeners until they match the routes in the folder's files."""

    def __init__(self, folder: Path, namespace: Path, dial: MakeSocket) -> None:
        self._folder, self._namespace, self._dial = folder, namespace, dial
        self._open: dict[Route, Listener] = {}
        self._wake, self._ended = asyncio.Event(), False

    async def run(self) -> None:
        """Forward until the namespace is removed or `end` is called."""
        loop = asyncio.get_running_loop()
        files, namespaces = FolderWatch(self._folder), FolderWatch(self._namespace.parent)
        for watch in (files, namespaces):
            loop.add_reader(watch.fd, self._on_event, watch)
        try:
            while not self._ended and self._namespace.exists():
                self._wake.clear()
                complete = await self._reconcile()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), None if complete else RETRY_S)
        finally:
            for watch in (files, namespaces):
                loop.remove_reader(watch.fd)
                watch.close()
            await asyncio.gather(*(listener.close() for listener in self._open.values()))

    def end(self) -> None:
        """Make `run` close everything and return."""
        self._ended = True
        self._wake.set()

    def _on_event(self, watch: FolderWatch) -> None:
        if watch.changed():
            self._wake.set()

    async def _reconcile(self) -> bool:
        """Open and close listeners; return False if one of them could not be opened."""
        wanted = self._wanted()
        for route in set(self._open) - wanted:
            await self._open.pop(route).close()
            _log("closed", route)
        for route in sorted(wanted - set(self._open)):
            listener = Listener(route, self._dial)
            try:
                await listener.open()
            except OSError as error:
                _log(f"cannot listen ({error.strerror or error}), next try in {RETRY_S} s", route)
                continue
            self._open[route] = listener
            _log("open", route)
        return wanted == set(self._open)

    def _wanted(self) -> set[Route]:
        wanted: set[Route] = set()
        for path in sorted(self._folder.glob("*.json")):
            try:
                wanted |= {(a, int(p), b, int(q)) for a, p, b, q in json.loads(path.read_text())}
            except (OSError, ValueError, TypeError) as error:
                print(f"forwarder: {path} is left out: {error}", flush=True)  # noqa: T201
        return wanted


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    writer.write_eof()  # half close: the other direction stays open


def _reset(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        end: socket.socket = writer.get_extra_info("socket")
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()


def _log(what: str, route: Route) -> None:
    print(f"forwarder: {what}:", *route, flush=True)  # noqa: T201  # its log is its output


def main() -> int:
    """Run as a program."""
    try:
        namespace, folder = sys.argv[1:]
    except ValueError:
        return _refuse("usage: python -m lab.forwarder NAMESPACE FOLDER")
    if not (NAMESPACES / namespace).exists():
        return _refuse(f"no network namespace {namespace}: start the lab first (python -m lab up)")
    try:
        asyncio.run(_run(NAMESPACES / namespace, Path(folder)))
    except OSError as error:
        return _refuse(str(error))
    return 0


async def _run(namespace: Path, folder: Path) -> None:
    forwarder = Forwarder(folder, namespace, Inside(namespace))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, forwarder.end)
    await forwarder.run()


def _refuse(sentence: str) -> int:
    print(f"forwarder: {sentence}", file=sys.stderr)  # noqa: T201
    return 1


if __name__ == "__main__":
    sys.exit(main())
