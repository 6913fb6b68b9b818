"""Command `pulumi-language-python [ENGINE]`: Pulumi's own language host if found, else ours."""

from __future__ import annotations

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from toolchain.language_host.official import official

_MESSAGE: Final = 400 << 20
"""Bytes of the largest message: the SDK's own limit."""


def main() -> None:
    """Execute Pulumi's own host if there is one; serve otherwise."""
    parent = os.getppid()
    if found := official():
        os.execv(found, [str(found), *sys.argv[1:]])  # noqa: S606 -- becomes that program
    addresses = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    _serve(addresses[0] if addresses else "", parent)


def _serve(engine: str, parent: int) -> None:
    import grpc  # noqa: PLC0415 -- takes half a second that the official host needs not
    from pulumi.runtime.proto import language_pb2_grpc  # noqa: PLC0415

    from toolchain.language_host.service import LanguageHost  # noqa: PLC0415

    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    options = [(f"grpc.max_{way}_message_length", _MESSAGE) for way in ("receive", "send")]
    server = grpc.server(ThreadPoolExecutor(8), options=options)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageHost(engine), server)
    port = server.add_insecure_port("127.0.0.1:0")
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    server.start()
    print(port)  # the engine reads the port from here
    while os.getppid() == parent and not stopped.wait(1):
        pass
    # at once: with a program that still waits the engine would need 5 s more to end, and a program
    # whose engine was killed must end too
    os._exit(0)


if __name__ == "__main__":
    main()
