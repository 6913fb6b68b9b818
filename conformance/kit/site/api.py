"""Cluster: the Kubernetes API as plain documents, by the official client's own configuration."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import urllib3

from conformance.kit.verdicts import Broken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["ANSWER_S", "KINDS", "Changes", "Cluster", "Document", "Kind", "RefusedError"]

Document = dict[str, Any]
"""One object, as the API server says it."""

ANSWER_S: Final = 30
"""Seconds in which the API server has to answer."""


class RefusedError(Exception):
    """The API server said no."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message


@dataclass(frozen=True)
class Kind:
    """One kind of object, and where it is served."""

    name: str
    group: str
    plural: str
    namespaced: bool = True

    def path(self, namespace: str = "", name: str = "") -> str:
        """Return the path of one object, or of all."""
        top = f"/api/{self.group}" if "/" not in self.group else f"/apis/{self.group}"
        within = f"/namespaces/{namespace}" if namespace and self.namespaced else ""
        return f"{top}{within}/{self.plural}" + (f"/{name}" if name else "")


_KUEUE: Final = "kueue.x-k8s.io/v1beta2"
_ADMISSION: Final = "admissionregistration.k8s.io/v1"
_ALL: Final = (
    Kind("Namespace", "v1", "namespaces", namespaced=False),
    Kind("Node", "v1", "nodes", namespaced=False),
    Kind("Pod", "v1", "pods"),
    Kind("ConfigMap", "v1", "configmaps"),
    Kind("Deployment", "apps/v1", "deployments"),
    Kind("Job", "batch/v1", "jobs"),
    Kind("PriorityClass", "scheduling.k8s.io/v1", "priorityclasses", namespaced=False),
    Kind("MutatingWebhook", _ADMISSION, "mutatingwebhookconfigurations", namespaced=False),
    Kind("ValidatingWebhook", _ADMISSION, "validatingwebhookconfigurations", namespaced=False),
    Kind("WorkloadPriorityClass", _KUEUE, "workloadpriorityclasses", namespaced=False),
    Kind("LocalQueue", _KUEUE, "localqueues"),
    Kind("Workload", _KUEUE, "workloads"),
)
KINDS: Final = {kind.name: kind for kind in _ALL}


class Changes:
    """A stream of changes, for as long as the server keeps it open; another thread may end it."""

    def __init__(self, response: urllib3.HTTPResponse) -> None:
        self._response = response

    def __iter__(self) -> Iterator[Document]:
        rest = b""
        for piece in self._response.stream(amt=None, decode_content=False):
            *whole, rest = (rest + piece).split(b"\n")
            yield from (json.loads(line) for line in whole if line)

    def end(self) -> None:
        """Have whoever reads it come to its end."""
        with contextlib.suppress(OSError, ValueError, RuntimeError):
            self._response.shutdown()


class Cluster:
    """The way to one cluster's API.

    Args:
        kubeconfig: As kubectl reads it.
    """

    def __init__(self, kubeconfig: Mapping[str, Any]) -> None:
        from kubernetes import config  # noqa: PLC0415 - a second, and most runs judge no site

        try:
            load: Any = config.new_client_from_config_dict  # untyped
            self._client = load(dict(kubeconfig), persist_config=False)
        except config.ConfigException as error:
            raise Broken(f"the kubeconfig cannot be used: {error}") from None

    @property
    def url(self) -> str:
        """Where it answers."""
        return str(self._client.configuration.host)

    def get(self, kind: str, name: str, namespace: str = "") -> Document:
        """Return one object."""
        return self._ask("GET", KINDS[kind].path(namespace, name))

    def all(self, kind: str, namespace: str = "", **query: str) -> list[Document]:
        """Return all objects of a kind; query: labelSelector and the like."""
        found: list[Document] = self.listing(kind, namespace, **query)["items"]
        return found

    def listing(self, kind: str, namespace: str = "", **query: str) -> Document:
        """Return all objects of a kind with the list's own metadata."""
        return self._ask("GET", KINDS[kind].path(namespace), query=query)

    def create(
        self, kind: str, namespace: str, document: Document, *, dry_run: bool = False
    ) -> Document:
        """Make an object; a dry run only says what it would be."""
        whole = {"apiVersion": KINDS[kind].group, "kind": kind, **document}
        query = {"dryRun": "All"} if dry_run else {}
        return self._ask("POST", KINDS[kind].path(namespace), whole, query)

    def patch(self, kind: str, name: str, document: Document, namespace: str = "") -> Document:
        """Change some fields of an object, and return it as it is then."""
        path = KINDS[kind].path(namespace, name)
        answer = self._send(
            "PATCH", path, document, {}, (ANSWER_S, ANSWER_S), "application/merge-patch+json"
        )
        changed: Document = json.loads(answer.read())
        return changed

    def delete(self, kind: str, name: str, namespace: str = "", grace: int | None = None) -> None:
        """Delete one object and, after it, all that it owns; one that is gone is no fault.

        Args:
            kind: Of the object.
            name: Its own.
            namespace: Where it is.
            grace: Seconds that it has to end; without it, its own word counts.
        """
        how: Document = {"propagationPolicy": "Background"}
        if grace is not None:
            how["gracePeriodSeconds"] = grace
        try:
            self._ask("DELETE", KINDS[kind].path(namespace, name), how)
        except RefusedError as refusal:
            if refusal.status != 404:  # noqa: PLR2004 - not found
                raise

    def watch(self, kind: str, namespace: str, version: str) -> Changes:
        """Follow what changes from a version on."""
        query = {"watch": "true", "resourceVersion": version, "allowWatchBookmarks": "true"}
        path = KINDS[kind].path(namespace)
        return Changes(self._send("GET", path, None, query, (ANSWER_S, None)).response)

    def run(self, pod: str, namespace: str, *words: str) -> str:
        """Run a command in a pod's first container, and return what it says."""
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
            running.run_forever(timeout=ANSWER_S)
            code = running.returncode  # to be read first: the other empties its channel
            said = str(running.read_all())
        finally:
            running.close()
            running.sock.shutdown()  # close() leaves it open where the server closed first
        if code:
            raise RefusedError(0, f"{words[0]} in {pod} ends with {code}: {said}")
        return said

    def logs(self, pod: str, namespace: str, container: str) -> str:
        """Return what a container wrote."""
        path = KINDS["Pod"].path(namespace, f"{pod}/log")
        return self._read("GET", path, None, {"container": container}).decode(errors="replace")

    def version(self) -> str:
        """Return the running API server's version."""
        return str(self._ask("GET", "/version")["gitVersion"])

    def _ask(
        self,
        method: str,
        path: str,
        document: Document | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Document:
        answer: Document = json.loads(self._read(method, path, document, query or {}))
        return answer

    def _read(
        self, method: str, path: str, document: Document | None, query: Mapping[str, str]
    ) -> bytes:
        answer = self._send(method, path, document, query, (ANSWER_S, ANSWER_S))
        content: bytes = answer.read()
        return content

    def _send(  # noqa: PLR0913, PLR0917 - a request's parts
        self,
        method: str,
        path: str,
        document: Document | None,
        query: Mapping[str, str],
        patience: tuple[float, float | None],
        content: str = "application/json",
    ) -> Any:  # noqa: ANN401 - the client's own response
        headers = {"Accept": "application/json", "Content-Type": content}
        self._client.update_params_for_auth(headers, [], ["BearerToken"], path, method, None)
        url = f"{self.url}{path}" + (f"?{urlencode(query)}" if query else "")
        try:
            answer = self._client.rest_client.request(
                method, url, headers=headers, body=document, _request_timeout=patience
            )
        except urllib3.exceptions.HTTPError as error:
            raise Broken(f"the Kubernetes API at {self.url} does not answer: {error}") from None
        if answer.status >= 400:  # noqa: PLR2004 - all that say no
            raise RefusedError(answer.status, _message(answer.read()))
        return answer


def _message(content: bytes) -> str:
    try:
        return str(json.loads(content)["message"])
    except (ValueError, KeyError, TypeError):
        return content.decode(errors="replace")[:200]
