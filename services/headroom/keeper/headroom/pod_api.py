"""Pod API: reads, creates, deletes and watches pods, with the service account of this pod."""

from __future__ import annotations

import json
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Protocol

import urllib3
from kubernetes import client, config

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from .plan import Pod

__all__ = ["PodApi", "Pods", "RefusedError"]

_RESPONSE_S: Final = 10
_STREAM_S: Final = 300
"""The server ends a stream after this time; a dead connection is noticed a little later."""


class RefusedError(Exception):
    """The API server refused a request, or did not respond (then `status` is 0)."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class Pods(Protocol):
    """Operations on pods that the keeper needs."""

    def read(self, namespace: str, selector: str = "") -> list[Pod]:
        """Return the pods of a namespace, never from a cache."""

    def create(self, namespace: str, pod: Pod) -> None:
        """Create a pod."""

    def delete(self, namespace: str, name: str) -> None:
        """Delete a pod; a pod that does not exist is no error."""


class PodApi:
    """Pods of the cluster that this program runs in."""

    def __init__(self) -> None:
        load: Any = config.load_incluster_config  # the client has no types
        load()
        self._api: Any = client.CoreV1Api()

    def read(self, namespace: str, selector: str = "") -> list[Pod]:
        """Return the pods of a namespace, never from a cache.

        Raises:
            RefusedError: The API server refuses, or does not respond.
        """
        content = self._content(self._api.list_namespaced_pod, namespace, label_selector=selector)
        pods: list[Pod] = json.loads(content)["items"]
        return pods

    def create(self, namespace: str, pod: Pod) -> None:
        """Create a pod.

        Raises:
            RefusedError: The API server refuses, or does not respond.
        """
        self._content(self._api.create_namespaced_pod, namespace, body=pod)

    def delete(self, namespace: str, name: str) -> None:
        """Delete a pod; a pod that does not exist is no error.

        Raises:
            RefusedError: The API server refuses, or does not respond.
        """
        try:
            self._content(self._api.delete_namespaced_pod, name, namespace)
        except RefusedError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise

    def watch(self, namespace: str, changed: Event) -> None:
        """Set the event at every change of a namespace's pods, until the stream ends."""
        with suppress(RefusedError, urllib3.exceptions.HTTPError):
            stream = self._request(
                self._api.list_namespaced_pod,
                namespace,
                watch=True,
                timeout_seconds=_STREAM_S,
                _request_timeout=(_RESPONSE_S, _STREAM_S + _RESPONSE_S),
            )
            for _ in stream.stream(amt=None):
                changed.set()

    def _content(self, call: Callable[..., Any], *arguments: str, **options: Any) -> bytes:  # noqa: ANN401 - untyped
        """Make a request and return the complete response."""
        response = self._request(call, *arguments, **options)
        try:
            content: bytes = response.read()
        except urllib3.exceptions.HTTPError as error:  # the API server stopped while it responded
            raise RefusedError(str(error)) from error
        return content

    def _request(self, call: Callable[..., Any], *arguments: str, **options: Any) -> Any:  # noqa: ANN401 - untyped
        """Make a request and return the response unread."""
        defaults = {"_preload_content": False, "_request_timeout": _RESPONSE_S}
        try:
            return call(*arguments, **{**defaults, **options})
        except client.ApiException as error:
            message = f"{error.status}: {error.body or error.reason}"
            raise RefusedError(message, error.status or 0) from error
        except urllib3.exceptions.HTTPError as error:
            raise RefusedError(str(error)) from error
