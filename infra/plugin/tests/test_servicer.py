"""Errors as the engine gets them: over real gRPC, from a server in this process."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar

import grpc
import grpc.aio
import pytest
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from infra.errors import ForegroundError
from infra.plugin.provider import SiteProvider
from infra.plugin.resource import Call, ResourceType
from infra.plugin.servicer import Servicer, sentence
from infra.plugin.values import wrapped

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from infra.plugin.values import Properties

URN = "urn:pulumi:ci::foreground::site:index:Stone::s"


class Stone(ResourceType):
    """A resource whose creation fails, by an operator's error or by a bug of ours."""

    token: ClassVar[str] = "site:index:Stone"  # noqa: S105  no password, a type
    outputs: ClassVar[frozenset[str]] = frozenset({"weight"})

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.begun = asyncio.Event()

    def must_replace(self, old: dict[str, Any], new: dict[str, Any]) -> list[str]:
        """Replace if an input is missing."""
        return sorted(old.keys() - new.keys() - self.outputs)

    def name(self, properties: Properties) -> str:
        """Return the same id for every stone."""
        return "stone" if properties is not None else ""

    async def make(self, call: Call) -> Properties:
        """Fail."""
        await call.write("lifting")
        raise self.error

    async def remove(self, call: Call) -> None:
        """Wait until it is cancelled."""
        await call.write("waiting")
        self.begun.set()
        await asyncio.Event().wait()

    async def read(self, call: Call) -> Properties | None:
        """Return the state."""
        return call.properties


def call(
    stone: Stone, request: Callable[[Any, SiteProvider], Awaitable[Any]]
) -> tuple[grpc.aio.AioRpcError, list[str]]:
    """Return the error that an engine gets, and the texts that it showed before."""

    async def main() -> tuple[grpc.aio.AioRpcError, list[str]]:
        shown: list[str] = []

        async def log(_urn: str, text: str) -> None:
            shown.append(text)

        provider = SiteProvider([stone], log)
        server = grpc.aio.server()
        servicer = Servicer([], "0.1.0", provider, "")
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await request(stub, provider)
        await server.stop(grace=None)
        return refused.value, shown

    return asyncio.run(main())


async def create(stub: Any, _provider: SiteProvider) -> None:  # noqa: ANN401  the SDK's stubs
    properties = PropertyValue.marshal_map({"colour": wrapped("grey")})
    await stub.Create(provider_pb2.CreateRequest(urn=URN, properties=properties))


def test_a_sentence_has_the_problem_and_what_to_type() -> None:
    error = ForegroundError("It rains.", "Take an umbrella", details=["hail too"])
    assert sentence(error) == "It rains; hail too. Take an umbrella."


def test_an_error_reaches_the_engine_as_one_sentence_without_a_class_name() -> None:
    error, shown = call(Stone(ForegroundError("It is too heavy", "Type less")), create)
    assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert error.details() == "It is too heavy. Type less."
    assert shown == ["lifting"]


def test_an_incomplete_resource_is_in_the_state_with_its_inputs() -> None:
    error, _ = call(Stone(ForegroundError("It is too heavy", "Type less")), create)
    details = dict(error.trailing_metadata() or ())["grpc-status-details-bin"]
    incomplete = provider_pb2.ErrorResourceInitFailed()
    assert status_pb2.Status.FromString(details).details[0].Unpack(incomplete)
    assert incomplete.id == "stone"
    assert dict(incomplete.properties) == {"colour": "grey"}


def test_a_bug_of_ours_is_reported_with_its_place() -> None:
    error, _ = call(Stone(KeyError("colour")), create)
    assert "This is a bug of our plugin (make, line " in (error.details() or "")


def test_cancel_ends_an_operation_whose_request_then_fails() -> None:
    stone = Stone(KeyError())

    async def delete(stub: Any, provider: SiteProvider) -> None:  # noqa: ANN401  the SDK's stubs
        deletion = asyncio.ensure_future(
            stub.Delete(provider_pb2.DeleteRequest(urn=URN, id="stone"))
        )
        await stone.begun.wait()
        await provider.cancel()
        await deletion

    error, _ = call(stone, delete)
    assert error.details() == "Stopped before it was done. Type the same command again."
