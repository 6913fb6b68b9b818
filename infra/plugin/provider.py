"""The provider: finds the resource type of each call; keeps what runs so that it can be ended."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any, TypeVar

from pulumi.provider.experimental import provider as sdk
from pulumi.provider.experimental.property_value import Computed, PropertyValue

from infra.errors import ForegroundError
from infra.operations import processes

from .resource import Call, HalfMadeError, ResourceType
from .values import Properties, plain, wrapped

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable

__all__ = ["SiteProvider"]

Result = TypeVar("Result")
_CLOSING = 3.0
"""Seconds that cancelled operations have to remove their folders; their processes are gone."""


class SiteProvider(sdk.Provider):
    """Serves the resource types that it is given.

    Args:
        types: By their tokens. A new one is one entry in __main__.py.
        log: Shows a passing line on the row of the resource with that URN.
    """

    def __init__(
        self, types: Iterable[ResourceType], log: Callable[[str, str], Awaitable[None]]
    ) -> None:
        self._types = {kind.token: kind for kind in types}
        self._log = log
        self._running: set[asyncio.Task[Any]] = set()

    async def diff(self, request: sdk.DiffRequest) -> sdk.DiffResponse:
        """Compare all but what only we write; what is not known yet counts as different."""
        kind = self._type(request.type)
        old, new = plain(request.old_state), plain(request.new_inputs)
        unknown = {k for k, v in request.new_inputs.items() if not _known(v)}
        keys = sorted(
            key
            for key in (old.keys() | new.keys()) - kind.outputs
            if key in unknown or old.get(key) != new.get(key)
        )
        replacing = kind.must_replace(old, new)
        details = {
            key: sdk.PropertyDiff(
                sdk.PropertyDiffKind.UPDATE_REPLACE
                if key in replacing
                else sdk.PropertyDiffKind.UPDATE,
                input_diff=True,
            )
            for key in keys
        }
        return sdk.DiffResponse(
            changes=bool(keys),
            replaces=replacing,
            delete_before_replace=True,
            diffs=keys,
            detailed_diff=details,
        )

    async def create(self, request: sdk.CreateRequest) -> sdk.CreateResponse:
        """Make the resource; one that is only half made stands in the state all the same."""
        kind, inputs = self._type(request.type), _inputs(request.type, request.properties, self)
        if request.preview:
            return sdk.CreateResponse("", inputs)
        made = await self._made(kind, request.urn, inputs, {})
        return sdk.CreateResponse(kind.name(inputs), made)

    async def update(self, request: sdk.UpdateRequest) -> sdk.UpdateResponse:
        """Make it again, in place."""
        kind, inputs = self._type(request.type), _inputs(request.type, request.news, self)
        written = {k: v for k, v in request.olds.items() if k in kind.outputs}
        if request.preview:
            return sdk.UpdateResponse({**inputs, **written})
        return sdk.UpdateResponse(await self._made(kind, request.urn, inputs, written))

    async def delete(self, request: sdk.DeleteRequest) -> None:
        """Remove the resource; the engine may ask twice."""
        kind = self._type(request.type)
        await self._ends(kind.remove(self._call(request.urn, request.properties)))

    async def read(self, request: sdk.ReadRequest) -> sdk.ReadResponse:
        """Return it as it is now, or nothing when it is gone."""
        kind = self._type(request.type)
        there = await self._ends(kind.read(self._call(request.urn, request.properties)))
        if there is None:
            return sdk.ReadResponse("", {}, {})
        inputs = {key: there.get(key, item) for key, item in request.inputs.items()}
        return sdk.ReadResponse(request.resource_id, there, inputs)

    async def invoke(self, request: sdk.InvokeRequest) -> sdk.InvokeResponse:
        """Answer a function; the arguments are those of the resource type that `type` names."""
        arguments = dict(request.args)
        kind = self._type(str(arguments.pop("type", PropertyValue("")).value))
        stack = str(arguments.pop("stack", PropertyValue("")).value)
        call = Call(stack, arguments, lambda _: _nothing())
        answer = await self._ends(kind.invoke(request.tok.split(":")[-1], call))
        return sdk.InvokeResponse({key: wrapped(item) for key, item in answer.items()})

    async def cancel(self) -> None:
        """End everything that runs, before the engine is answered: it ends us right after."""
        running = list(self._running)
        processes.end(os.getpid())
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=_CLOSING)
        processes.end(os.getpid())

    def _type(self, name: str) -> ResourceType:
        token = name.rsplit("$", maxsplit=1)[-1]
        try:
            return self._types[token]
        except KeyError:
            raise ForegroundError(
                f"The plugin has no resource type {token or '(none)'}; it has "
                + ", ".join(sorted(self._types)),
                "Type `make setup`, so that plugin and program are of one version",
            ) from None

    def _call(self, urn: str, properties: Properties) -> Call:
        return Call(
            urn.split("::", maxsplit=1)[0].rsplit(":", maxsplit=1)[-1],
            properties,
            lambda text: self._log(urn, text),
        )

    async def _made(
        self, kind: ResourceType, urn: str, inputs: Properties, written: Properties
    ) -> Properties:
        try:
            made = await self._ends(kind.make(self._call(urn, inputs)))
        except ForegroundError as error:
            raise HalfMadeError(error, kind.name(inputs), {**inputs, **written}) from error
        return {**inputs, **written, **made}

    async def _ends(self, operation: Coroutine[Any, Any, Result]) -> Result:
        """Wait for an operation as a task of its own: Cancel ends it, and the call gets a word."""
        task = asyncio.ensure_future(operation)
        self._running.add(task)
        try:
            await asyncio.wait({task})
        finally:
            self._running.discard(task)
        if task.cancelled():
            raise ForegroundError("Stopped before it was done", "Type the same command again")
        return task.result()


def _known(item: PropertyValue) -> bool:
    return not isinstance(item.value, Computed)


def _inputs(type_name: str, properties: Properties, provider: SiteProvider) -> Properties:
    written = provider._type(type_name).outputs  # noqa: SLF001
    return {key: item for key, item in properties.items() if key not in written}


async def _nothing() -> None:
    """Show nothing: a function has no row."""
