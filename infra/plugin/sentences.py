"""What an operator reads of an error: our sentence, and not the name of a class before it."""

from __future__ import annotations

import traceback
from functools import wraps
from typing import Any, Final

import grpc
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime.proto import provider_pb2, status_pb2

from infra.errors import ForegroundError

from .resource import HalfMadeError

__all__ = ["Servicer", "sentence"]

_CALLS: Final = ("Check", "Configure", "Create", "Delete", "Diff", "Invoke", "Read", "Update")


def sentence(error: ForegroundError) -> str:
    """Return what is wrong and what to type."""
    problem = "; ".join(part.rstrip(".") for part in (error.problem, *error.details))
    return ". ".join(part for part in (problem, error.hint.rstrip(".")) if part) + "."


def _bug(error: Exception) -> str:
    at = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"This is a bug of our plugin ({at.name}, line {at.lineno}): {error!r}. Please report it."
    )


def clean(rpc: Any) -> Any:  # noqa: ANN401  the SDK's methods are untyped
    """Wrap one call of the SDK's servicer, which has no exception class for a plain sentence."""

    @wraps(rpc)
    async def call(self: ProviderServicer, request: Any, context: Any) -> Any:  # noqa: ANN401
        try:
            return await rpc(self, request, context)
        except ForegroundError as error:
            text, made = sentence(error), error if isinstance(error, HalfMadeError) else None
        except Exception as error:  # noqa: BLE001  all that is left is our own mistake
            text, made = _bug(error), None
        code = grpc.StatusCode.FAILED_PRECONDITION
        status = status_pb2.Status(code=code.value[0], message=text)
        if made:
            status.details.add().Pack(
                provider_pb2.ErrorResourceInitFailed(
                    id=made.resource_id,
                    properties=PropertyValue.marshal_map(made.properties),
                    reasons=[text],
                )
            )
        details = (("grpc-status-details-bin", status.SerializeToString()),)
        return await context.abort(code, text, details)

    return call


class Servicer(ProviderServicer):
    """The SDK's servicer, with clean errors."""


for _name in _CALLS:
    setattr(Servicer, _name, clean(getattr(ProviderServicer, _name)))
