"""KubeApi: Kubernetes API client; objects are dicts, a refused request is a RefusedError."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import urllib3

from conformance.kit.verdicts import Broken

from .kinds import POD, Document, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["TIMEOUT_S", "Changes", "KubeApi", "RefusedError"]

TIMEOUT_S: Final = 30
"""Seconds in which the API server must respond."""


class RefusedError(Exception):
    """The API server refused a request.

    Attributes:
        status: HTTP status of the response; 0 if a command in a pod failed.
        message: The reason in the response.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message


class Changes:
    """A watch: iterates over changes while the server keeps the stream open.

    Another thread may end it.
    """

    def __init__(self, response: urllib3.HTTPResponse) -> None:
        self._response = response

    def __iter__(self) -> Iterator[Document]:
        rest = b""
        for piece in self._response.stream(amt=None, decode_content=False):
            *lines, rest = (rest + piece).split(b"\n")
            yield from (json.loads(line) for line in lines if line)

    def end(self) -> None:
        """Close the stream, so that the thread that reads it reaches its end."""
        with contextlib.suppress(OSError, ValueError, RuntimeError):
            self._response.shutdown()


class KubeApi:
    """Client of one cluster's API.

    Args:
        kubeconfig: Content of a kubeconfig.
    """

    def __init__(self, kubeconfig: Mapping[str, Any]) -> None:
        from kubernetes import config  # noqa: PLC0415 - takes a second; most runs need no site

        try:
            load: Any = config.new_client_from_config_dict  # untyped
            self._client = load(dict(kubeconfig), persist_config=False)
        except config.ConfigException as error:
            raise Broken(f"the kubeconfig cannot be used: {error}") from None

    @property
    def url(self) -> str:
        """URL of the API server."""
        return str(self._client.configuration.host)

    def get(self, kind: Kind, name: str, namespace: str = "") -> Document:
        """Return one object."""
        return self._request("GET", kind.path(namespace, name))

    def all(self, kind: Kind, namespace: str = "", **query: str) -> list[Document]:
        """Return all objects of a kind.

        Args:
            kind: Of the objects.
            namespace: Of the objects; empty for all namespaces.
            query: Parameters of the list request, such as labelSelector.
        """
        found: list[Document] = self.listing(kind, namespace, **query)["items"]
        return found

    def listing(self, kind: Kind, namespace: str = "", **query: str) -> Document:
        """Return all objects of a kind, as `items` of a list that has metadata of its own."""
        return self._request("GET", kind.path(namespace), query=query)

    def create(
        self, kind: Kind, namespace: str, document: Document, *, dry_run: bool = False
    ) -> Document:
        """Create an object and return it; a dry run returns it and stores nothing."""
        manifest = {"apiVersion": kind.version, "kind": kind.name, **document}
        query = {"dryRun": "All"} if dry_run else {}
        return self._request("POST", kind.path(namespace), manifest, query)

    def patch(self, kind: Kind, name: str, document: Document, namespace: str = "") -> Document:
        """Apply a merge patch to an object, and return the new object."""
        path = kind.path(namespace, name)
        response = self._send(
            "PATCH", path, document, {}, (TIMEOUT_S, TIMEOUT_S), "application/merge-patch+json"
        )
        changed: Document = json.loads(response.read())
        return changed

    def delete(self, kind: Kind, name: str, namespace: str = "", grace: int | None = None) -> None:
        """Delete one object and, in the background, what it owns; a missing object is no error.

        Args:
            kind: Of the object.
            name: Of the object.
            namespace: Of the object.
            grace: Grace period in seconds; None leaves the object's own.
        """
        options: Document = {"propagationPolicy": "Background"}
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        try:
            self._request("DELETE", kind.path(namespace, name), options)
        except RefusedError as refusal:
            if refusal.status != 404:  # noqa: PLR2004 - not found
                raise

    def watch(self, kind: Kind, namespace: str, version: str) -> Changes:
        """Watch changes of a kind, from a resource version on."""
        query = {"watch": "true", "resourceVersion": version, "allowWatchBookmarks": "true"}
        path = kind.path(namespace)
        return Changes(self._send("GET", path, None, query, (TIMEOUT_S, None)).response)

    def execute(self, pod: str, namespace: str, *words: str) -> str:
        """Run a command in the first container of a pod, and return its output.

        Raises:
            RefusedError: The API server refused, or the command failed.
        """
        from kubernetes.client import ApiException, CoreV1Api  # noqa: PLC0415 - as above
        from kubernetes.stream import stream  # noqa: PLC0415 - as above

        try:
            running = stream(
                CoreV1Api(self._client).connect_get_namespaced_pod_exec,
                pod,
                namespace,
                command=list(words),
                stdout=True,
                stderr=True,
                _preload_content=False,
            )
        except ApiException as error:
            raise RefusedError(error.status or 0, str(error.reason)) from None
        try:
            running.run_forever(timeout=TIMEOUT_S)
            code = running.returncode  # before read_all(), which empties the channel of the code
            output = str(running.read_all())
        finally:
            running.close()
            running.sock.shutdown()  # close() leaves it open where the server closed first
        if code:
            raise RefusedError(0, f"{words[0]} in {pod} ends with {code}: {output}")
        return output

    def logs(self, pod: str, namespace: str, container: str) -> str:
        """Return the log of a container."""
        path = POD.path(namespace, f"{pod}/log")
        return self._read("GET", path, None, {"container": container}).decode(errors="replace")

    def version(self) -> str:
        """Return the version of the API server."""
        return str(self._request("GET", "/version")["gitVersion"])

    def _request(
        self,
        method: str,
        path: str,
        document: Document | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Document:
        content: Document = json.loads(self._read(method, path, document, query or {}))
        return content

    def _read(
        self, method: str, path: str, document: Document | None, query: Mapping[str, str]
    ) -> bytes:
        response = self._send(method, path, document, query, (TIMEOUT_S, TIMEOUT_S))
        content: bytes = response.read()
        return content

    def _send(  # noqa: PLR0913, PLR0917 - the parts of a request
        self,
        method: str,
        path: str,
        document: Document | None,
        query: Mapping[str, str],
        timeout: tuple[float, float | None],
        content_type: str = "application/json",
    ) -> Any:  # noqa: ANN401 - the client library's response has no type
        headers = {"Accept": "application/json", "Content-Type": content_type}
        self._client.update_params_for_auth(headers, [], ["BearerToken"], path, method, None)
        url = f"{self.url}{path}" + (f"?{urlencode(query)}" if query else "")
        try:
            response = self._client.rest_client.request(
                method, url, headers=headers, body=document, _request_timeout=timeout
            )
        except urllib3.exceptions.HTTPError as error:
            raise Broken(f"the Kubernetes API at {self.url} does not answer: {error}") from None
        if response.status >= 400:  # noqa: PLR2004 - client and server errors
            raise RefusedError(response.status, _message(response.read()))
        return response


def _message(content: bytes) -> str:
    try:
        return str(json.loads(content)["message"])
    except (ValueError, KeyError, TypeError):
        return content.decode(errors="replace")[:200]
