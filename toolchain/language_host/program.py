"""One run of a Pulumi program in this process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pulumi
from pulumi.runtime import reset_options, run_in_stack, set_all_config

from infra.errors import ForegroundError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pulumi.runtime.proto import language_pb2

__all__ = ["run"]


def run(request: language_pb2.RunRequest, engine: str) -> bool:
    """Run the program that the engine requests, and report its error to the engine.

    Returns:
        Whether it ended well.
    """
    reset_options(
        project=request.project,
        stack=request.stack,
        organization=request.organization or "organization",
        monitor_address=request.monitor_address,
        engine_address=engine,
        parallel=request.parallel,
        preview=request.dryRun,
    )
    set_all_config(dict(request.config), list(request.configSecretKeys))
    os.chdir(request.pwd)
    path = Path(request.info.program_directory or request.pwd, request.info.entry_point or ".")
    sys.argv = [str(path), *request.args]
    if str(path) not in sys.path:  # for imports while its coroutines run
        sys.path.insert(0, str(path))
    with _event_loop(max(request.parallel, 1)) as loop:
        try:
            loop.run_until_complete(run_in_stack(lambda: _execute(path)))
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- a program can raise anything
            return _told(error, path)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
    return True


def _execute(path: Path) -> None:
    runpy.run_path(str(path), run_name="__main__")


@contextlib.contextmanager
def _event_loop(parallel: int) -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    # each registration of a resource holds a thread; four to a processor is what the engine does
    loop.set_default_executor(ThreadPoolExecutor(max_workers=4 * parallel))
    loop.set_exception_handler(_stop_without_engine)
    try:
        yield loop
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                loop.run_until_complete(task)
        loop.close()


def _stop_without_engine(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    if isinstance(context.get("exception"), grpc.RpcError):
        loop.stop()
    else:
        loop.default_exception_handler(context)


def _told(error: BaseException, path: Path) -> bool:
    """Report an error in one sentence if it is one of ours; a bug with its traceback."""
    if isinstance(error, SystemExit) and not error.code:
        return True
    if isinstance(error, grpc.RpcError) and error.code() == grpc.StatusCode.UNAVAILABLE:
        return False  # the engine ends, and knows the reason
    if isinstance(error, grpc.RpcError):
        sentence = error.details()
    elif isinstance(error, ForegroundError | pulumi.RunError | SystemExit):
        sentence = str(error)
    else:
        sentence = _traceback(error, path)
    with contextlib.suppress(grpc.RpcError):
        pulumi.log.error(sentence)
    return False


def _traceback(error: BaseException, path: Path) -> str:
    """The traceback from the program's first line on, without the lines of this module."""
    told = traceback.TracebackException.from_exception(error)
    own = [frame for frame in told.stack if frame.filename.startswith(str(path))]
    if own:
        told.stack = traceback.StackSummary.from_list(told.stack[told.stack.index(own[0]) :])
    return "".join(told.format()).rstrip()
