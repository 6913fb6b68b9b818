"""SiteProvider: dispatches the engine's requests to resource types, and can cancel all of them."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any, TypeVar

from pulumi.provider.experimental import provider as sdk
from pulumi.provider.experimental.property_value import Computed, PropertyValue

from infra.errors import ForegroundError
from infra.operations import processes

from .resource import Call, IncompleteResourceError, ResourceType
from .values import Properties, plain, wrapped

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable

__all__ = ["SiteProvider"]

Value = TypeVar("Value")
_CLEANUP = 3.0
"""Seconds in which cancelled operations must remove their folders; their processes have ended."""


class SiteProvider(sdk.Provider):
    """Serves a list of resource types.

    Args:
        types: The resource types; __main__.py lists them.
        log: Shows a transient text in the line of the resource with that URN.
    """

    def __init__(
        self, types: Iterable[ResourceType], log: Callable[[str, str], Awaitable[None]]
    ) -> None:
        self._types = {kind.token: kind for kind in types}
        self._log = log
        self._running: set[asyncio.Task[Any]] = set()

    async def diff(self, request: sdk.DiffRequest) -> sdk.DiffResponse:
        """Compare all inputs; an unknown value counts as different."""
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
        """Create the resource; after a failure it is in the state too, as incomplete."""
        kind, inputs = self._type(request.type), _inputs(request.type, request.properties, self)
        if request.preview:
            return sdk.CreateResponse("", inputs)
        properties = await self._make(kind, request.urn, inputs, {})
        return sdk.CreateResponse(kind.name(inputs), properties)

    async def update(self, request: sdk.UpdateRequest) -> sdk.UpdateResponse:
        """Update the resource in place."""
        kind, inputs = self._type(request.type), _inputs(request.type, request.news, self)
        outputs = {k: v for k, v in request.olds.items() if k in kind.outputs}
        if request.preview:
            return sdk.UpdateResponse({**inputs, **outputs})
        return sdk.UpdateResponse(await self._make(kind, request.urn, inputs, outputs))

    async def delete(self, request: sdk.DeleteRequest) -> None:
        """Delete the resource; the engine may send the request twice."""
        kind = self._type(request.type)
        await self._run(kind.remove(self._call(request.urn, request.properties)))

    async def read(self, request: sdk.ReadRequest) -> sdk.ReadResponse:
        """Return the resource as it is now, or nothing if it is gone."""
        kind = self._type(request.type)
        found = await self._run(kind.read(self._call(request.urn, request.properties)))
        if found is None:
            return sdk.ReadResponse("", {}, {})
        inputs = {key: found.get(key, item) for key, item in request.inputs.items()}
        return sdk.ReadResponse(request.resource_id, found, inputs)

    async def invoke(self, request: sdk.InvokeRequest) -> sdk.InvokeResponse:
        """Call a function of the resource type that the argument `type` names."""
        arguments = dict(request.args)
        kind = self._type(str(arguments.pop("type", PropertyValue("")).value))
        stack = str(arguments.pop("stack", PropertyValue("")).value)
        call = Call(stack, arguments, lambda _: _show_nothing())
        response = await self._run(kind.invoke(request.tok.split(":")[-1], call))
        return sdk.InvokeResponse({key: wrapped(item) for key, item in response.items()})

    async def cancel(self) -> None:
        """End all operations before responding: the engine ends this process right afterwards."""
        running = list(self._running)
        processes.end(os.getpid())
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=_CLEANUP)
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

    async def _make(
        self, kind: ResourceType, urn: str, inputs: Properties, outputs: Properties
    ) -> Properties:
        try:
            made = await self._run(kind.make(self._call(urn, inputs)))
        except ForegroundError as error:
            raise IncompleteResourceError(
                error, kind.name(inputs), {**inputs, **outputs}
            ) from error
        return {**inputs, **outputs, **made}

    async def _run(self, operation: Coroutine[Any, Any, Value]) -> Value:
        """Run an operation as its own task, so that cancel ends it and its request fails."""
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
    outputs = provider._type(type_name).outputs  # noqa: SLF001
    return {key: item for key, item in properties.items() if key not in outputs}


async def _show_nothing() -> None:
    """Show nothing: a function has no line in `pulumi up`."""
