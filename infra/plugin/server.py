"""The plugin as a process: serves the engine that started it, and ends with it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING, Final

import grpc.aio
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2_grpc

from infra.operations.operation import sweep
from infra.operations.processes import adopt_orphans

from .provider import SiteProvider
from .sentences import Servicer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .resource import ResourceType

__all__ = ["serve"]

VERSION: Final = "0.1.0"
_OPTIONS: Final = [
    ("grpc.max_receive_message_length", 400 << 20),
    ("grpc.max_send_message_length", 400 << 20),
]
_ENDING: Final = 5
"""Seconds to end in; then the kernel does it. One of 20 killed engines left a plugin that hung."""


def _engine(arguments: list[str]) -> str:
    """Address of the engine: the one argument that is no flag."""
    return next(argument for argument in arguments if not argument.startswith("-"))


async def _end_with_engine(address: str, stop: asyncio.Event) -> bool:
    """Have ``stop`` set the moment the engine ends, however it ends; say whether it lives."""
    try:
        parent = os.pidfd_open(os.getppid())
        # the parent was the engine only if that lives: else it is whoever takes orphans in
        _, word = await asyncio.open_connection(*address.rsplit(":", maxsplit=1))
    except OSError:
        return False
    word.close()
    asyncio.get_running_loop().add_reader(parent, stop.set)
    return True


async def serve(arguments: list[str], types: Iterable[ResourceType]) -> None:
    """Serve until the engine is gone or a signal comes; leave no process behind.

    The SDK's own main takes no servicer, and outlives an engine that was killed.
    """
    adopt_orphans()
    sweep()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    if not await _end_with_engine(_engine(arguments), stop):
        return
    # the engine ends a plugin by SIGINT, and kills it after 5 s: every command would last so long
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
        signal.alarm(_ENDING)
        await provider.cancel()
        await server.stop(grace=0.5)
