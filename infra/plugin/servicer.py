"""gRPC servicer of the plugin: errors are plain sentences, without a class name before them."""

from __future__ import annotations

import traceback
from functools import wraps
from typing import Any, Final

import grpc
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime.proto import provider_pb2, status_pb2

from infra.errors import ForegroundError

from .resource import IncompleteResourceError

__all__ = ["Servicer", "sentence"]

_CALLS: Final = ("Check", "Configure", "Create", "Delete", "Diff", "Invoke", "Read", "Update")


def sentence(error: ForegroundError) -> str:
    """Return one line: what is wrong and what to type."""
    problem = "; ".join(part.rstrip(".") for part in (error.problem, *error.details))
    return ". ".join(part for part in (problem, error.hint.rstrip(".")) if part) + "."


def _bug(error: Exception) -> str:
    at = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"This is a bug of our plugin ({at.name}, line {at.lineno}): {error!r}. Please report it."
    )


def _with_sentence(rpc: Any) -> Any:  # noqa: ANN401 - the SDK's methods are untyped
    """Wrap one method of the SDK's servicer, which has no exception class for a plain sentence."""

    @wraps(rpc)
    async def call(self: ProviderServicer, request: Any, context: Any) -> Any:  # noqa: ANN401
        incomplete = None
        try:
            return await rpc(self, request, context)
        except ForegroundError as error:
            text = sentence(error)
            incomplete = error if isinstance(error, IncompleteResourceError) else None
        except Exception as error:  # noqa: BLE001 - any other error is a bug of ours
            text = _bug(error)
        code = grpc.StatusCode.FAILED_PRECONDITION
        status = status_pb2.Status(code=code.value[0], message=text)
        if incomplete:
            status.details.add().Pack(
                provider_pb2.ErrorResourceInitFailed(
                    id=incomplete.resource_id,
                    properties=PropertyValue.marshal_map(incomplete.properties),
                    reasons=[text],
                )
            )
        details = (("grpc-status-details-bin", status.SerializeToString()),)
        return await context.abort(code, text, details)

    return call


class Servicer(ProviderServicer):
    """The SDK's servicer, with our errors."""


for _name in _CALLS:
    setattr(Servicer, _name, _with_sentence(getattr(ProviderServicer, _name)))
