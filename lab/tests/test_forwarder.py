"""The forwarder with real servers on loopback, in the host's own network namespace."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from lab.forwarder import Forwarder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

HERE, INSIDE = "127.77.251.1", "127.77.251.2"
DEADLINE_S = 5.0


def own_socket() -> socket.socket:
    """Return a socket of the host's namespace: these tests need no other one, and so no root."""
    made = socket.socket()
    made.settimeout(0)
    return made


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        return int(probe.getsockname()[1])


class Folder:
    """A folder of route files, and a plain file instead of the network namespace."""

    def __init__(self, top: Path) -> None:
        self.folder, self.namespace = top / "forward.d", top / "netns" / "fg-test"
        self.folder.mkdir()
        self.namespace.parent.mkdir()
        self.namespace.touch()

    def write(self, name: str, *routes: tuple[str, int, str, int]) -> None:
        """Write a route file under another name, then rename it, as its writers do."""
        (self.folder / f"{name}.new").write_text(json.dumps(routes))
        (self.folder / f"{name}.new").rename(self.folder / f"{name}.json")

    @asynccontextmanager
    async def forwarding(self) -> AsyncIterator[asyncio.Task[None]]:
        """Run a forwarder in the block."""
        forwarder = Forwarder(self.folder, self.namespace, own_socket)
        task = asyncio.create_task(forwarder.run())
        try:
            yield task
        finally:
            forwarder.end()
            await asyncio.wait_for(task, DEADLINE_S)


@pytest.fixture
def routes(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


async def answer_upper(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1000):
        writer.write(data.upper())
    writer.write(b"END")
    writer.close()


async def connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect as soon as the port is open."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            try:
                return await asyncio.open_connection(HERE, port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.01)


async def closed(port: int) -> None:
    """Return as soon as the port is closed."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            try:
                _, writer = await asyncio.open_connection(HERE, port)
            except ConnectionRefusedError:
                return
            writer.close()
            await asyncio.sleep(0.01)


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), 4 * DEADLINE_S))


def test_data_flows_both_ways_and_a_half_closed_connection_still_gets_the_response(
    routes: Folder,
) -> None:
    async def scenario() -> None:
        server = await asyncio.start_server(answer_upper, INSIDE, 0)
        port = free_port()
        routes.write("lab", (HERE, port, *server.sockets[0].getsockname()))
        async with routes.forwarding():
            reader, writer = await connected(port)
            writer.write(b"hello ")
            writer.write_eof()
            assert await reader.read() == b"HELLO END"
            writer.close()
        server.close()

    run(scenario)


def test_files_are_merged_and_removing_a_route_resets_its_connections(routes: Folder) -> None:
    async def scenario() -> None:
        server = await asyncio.start_server(answer_upper, INSIDE, 0)
        target = server.sockets[0].getsockname()
        one, other = free_port(), free_port()
        routes.write("lab", (HERE, one, *target))
        async with routes.forwarding():
            (await connected(one))[1].close()
            routes.write("neutron", (HERE, other, *target))
            reader, writer = await connected(other)
            writer.write(b"still here?")
            assert await reader.read(100) == b"STILL HERE?"
            routes.write("neutron")
            with pytest.raises(ConnectionResetError):
                await asyncio.wait_for(reader.read(), DEADLINE_S)
            writer.close()
            await closed(other)
            (await connected(one))[1].close()
        server.close()

    run(scenario)


def test_a_connection_to_a_port_without_a_listener_inside_is_reset(routes: Folder) -> None:
    async def scenario() -> None:
        port = free_port()
        routes.write("lab", (HERE, port, INSIDE, free_port()))
        async with routes.forwarding():
            reader, writer = await connected(port)
            with pytest.raises(ConnectionResetError):
                await asyncio.wait_for(reader.read(), DEADLINE_S)
            writer.close()

    run(scenario)


def test_an_address_in_use_and_an_invalid_file_do_not_affect_other_routes(
    routes: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        server = await asyncio.start_server(answer_upper, INSIDE, 0)
        target = server.sockets[0].getsockname()
        port = free_port()
        with socket.socket() as other:
            other.bind((HERE, 0))
            other.listen()
            taken = other.getsockname()[1]
            (routes.folder / "broken.json").write_text("[[1,")
            routes.write("lab", (HERE, taken, *target), (HERE, port, *target))
            async with routes.forwarding():
                (await connected(port))[1].close()
        server.close()
        log = capsys.readouterr().out.splitlines()
        assert [line for line in log if "cannot listen" in line and f" {taken} " in line]
        assert [line for line in log if "broken.json is left out" in line]

    run(scenario)


def test_the_forwarder_ends_when_its_namespace_is_removed(routes: Folder) -> None:
    async def scenario() -> None:
        async with routes.forwarding() as task:
            routes.write("lab", (HERE, port := free_port(), INSIDE, 1))
            await connected(port)
            routes.namespace.unlink()
            await asyncio.wait_for(asyncio.shield(task), DEADLINE_S)
            await closed(port)

    run(scenario)
