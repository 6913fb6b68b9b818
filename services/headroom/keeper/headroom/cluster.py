"""Cluster: pods of a namespace through the Kubernetes API, as the account of this pod may."""

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

__all__ = ["Cluster", "Pods", "RefusedError"]

_ANSWER_S: Final = 10
_STREAM_S: Final = 300
"""After which the server ends a stream; a dead one is found out a little later."""


class RefusedError(Exception):
    """The API server says no, or nothing; then the status is 0."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class Pods(Protocol):
    """What keeping headroom needs of a cluster."""

    def all(self, namespace: str, selector: str = "") -> list[Pod]:
        """Return the pods of a namespace as they are now, not as some cache had them."""

    def create(self, namespace: str, pod: Pod) -> None:
        """Make a pod."""

    def delete(self, namespace: str, name: str) -> None:
        """Delete a pod; one that is gone is no fault."""


class Cluster:
    """The cluster that this pod is in."""

    def __init__(self) -> None:
        load: Any = config.load_incluster_config  # untyped, as all of it
        load()
        self._api: Any = client.CoreV1Api()

    def all(self, namespace: str, selector: str = "") -> list[Pod]:
        """Return the pods of a namespace as they are now, not as some cache had them.

        Raises:
            RefusedError: The API server does not answer, or says no.
        """
        found = self._read(self._api.list_namespaced_pod, namespace, label_selector=selector)
        pods: list[Pod] = json.loads(found)["items"]
        return pods

    def create(self, namespace: str, pod: Pod) -> None:
        """Make a pod.

        Raises:
            RefusedError: The API server does not answer, or says no.
        """
        self._read(self._api.create_namespaced_pod, namespace, body=pod)

    def delete(self, namespace: str, name: str) -> None:
        """Delete a pod; one that is gone is no fault.

        Raises:
            RefusedError: The API server does not answer, or says no.
        """
        try:
            self._read(self._api.delete_namespaced_pod, name, namespace)
        except RefusedError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise

    def follow(self, namespace: str, changed: Event) -> None:
        """Tell of every change of a namespace's pods, until the stream ends."""
        with suppress(RefusedError, urllib3.exceptions.HTTPError):
            stream = self._ask(
                self._api.list_namespaced_pod,
                namespace,
                watch=True,
                timeout_seconds=_STREAM_S,
                _request_timeout=(_ANSWER_S, _STREAM_S + _ANSWER_S),
            )
            for _ in stream.stream(amt=None):
                changed.set()

    def _read(self, what: Callable[..., Any], *where: str, **more: Any) -> bytes:  # noqa: ANN401 - untyped
        answer = self._ask(what, *where, **more)
        try:
            content: bytes = answer.read()
        except urllib3.exceptions.HTTPError as error:  # an API server that goes while it answers
            raise RefusedError(str(error)) from error
        return content

    def _ask(self, what: Callable[..., Any], *where: str, **more: Any) -> Any:  # noqa: ANN401 - untyped
        options = {"_preload_content": False, "_request_timeout": _ANSWER_S, **more}
        try:
            return what(*where, **options)
        except client.ApiException as error:
            said = f"{error.status}: {error.body or error.reason}"
            raise RefusedError(said, error.status or 0) from error
        except urllib3.exceptions.HTTPError as error:
            raise RefusedError(str(error)) from error
