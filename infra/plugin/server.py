"""Process of the plugin: a gRPC server for the engine that started it; it ends with the engine."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING, Final

import grpc.aio
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2_grpc

from infra.operations.operation import remove_stale_folders
from infra.operations.processes import adopt_orphans

from .provider import SiteProvider
from .servicer import Servicer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .resource import ResourceType

__all__ = ["serve"]

VERSION: Final = "0.1.0"
_OPTIONS: Final = [
    ("grpc.max_receive_message_length", 400 << 20),
    ("grpc.max_send_message_length", 400 << 20),
]
_ALARM: Final = 5
"""Seconds in which the process must end; then SIGALRM ends it.

Of 20 killed engines one left a plugin that hung.
"""


def _engine(arguments: list[str]) -> str:
    """Return the address of the engine: the one argument that is no flag."""
    return next(argument for argument in arguments if not argument.startswith("-"))


async def _end_with_engine(address: str, stop: asyncio.Event) -> bool:
    """Set ``stop`` when the engine ends, however it ends; return whether it still runs."""
    try:
        parent = os.pidfd_open(os.getppid())
        # if the engine has ended, the parent is another process, which adopted this one
        _, writer = await asyncio.open_connection(*address.rsplit(":", maxsplit=1))
    except OSError:
        return False
    writer.close()
    asyncio.get_running_loop().add_reader(parent, stop.set)
    return True


async def serve(arguments: list[str], types: Iterable[ResourceType]) -> None:
    """Serve until the engine ends or a signal comes; leave no process behind.

    The SDK's own main accepts no servicer, and outlives an engine that was killed.
    """
    adopt_orphans()
    remove_stale_folders()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    if not await _end_with_engine(_engine(arguments), stop):
        return
    # the engine sends SIGINT, and kills a plugin that still runs after 5 s
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with grpc.aio.insecure_channel(_engine(arguments)) as channel:
        engine = engine_pb2_grpc.EngineStub(channel)

        async def log(urn: str, text: str) -> None:
            await engine.Log(
                engine_pb2.LogRequest(
                    severity=engine_pb2.INFO, message=text, urn=urn, ephemeral=True
                )
            )

        provider = SiteProvider(types, log)
        server = grpc.aio.server(options=_OPTIONS)
        servicer = Servicer(arguments, VERSION, provider, _engine(arguments))
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        await stop.wait()
        signal.alarm(_ALARM)
        await provider.cancel()
        await server.stop(grace=0.5)
