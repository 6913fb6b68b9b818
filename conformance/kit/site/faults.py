"""Faults that a test causes: a cordoned node, a Deployment at zero; undone when the test ends."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from conformance.kit.verdicts import Broken

from .kinds import DEPLOYMENT, NODE, POD
from .pods import is_ready

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .api import KubeApi
    from .kinds import Document
    from .observer import Observer

__all__ = ["cordoned", "scaled_to_zero"]

_GONE_S: Final = 60
_BACK_S: Final = 180


@contextmanager
def cordoned(api: KubeApi, node: str) -> Iterator[None]:
    """Cordon a node during a `with`; pods that run there stay.

    Raises:
        Broken: No other node takes pods, or the node was cordoned already.
    """
    schedulable = [
        one["metadata"]["name"]
        for one in api.all(NODE)
        if not one["spec"].get("unschedulable") and not _is_tainted(one)
    ]
    if node not in schedulable:
        raise Broken(f"the node {node} is cordoned already")
    if len(schedulable) == 1:
        raise Broken(f"no other node than {node} takes pods")
    api.patch(NODE, node, {"spec": {"unschedulable": True}})
    try:
        yield
    finally:
        api.patch(NODE, node, {"spec": {"unschedulable": None}})


@contextmanager
def scaled_to_zero(observer: Observer, deployment: Document) -> Iterator[None]:
    """Scale a Deployment to zero during a `with`; afterwards all its pods are ready again.

    Raises:
        Broken: It was at zero already.
        AssertionError: Its pods do not end, or they do not become ready again.
    """
    metadata, wanted = deployment["metadata"], int(deployment["spec"].get("replicas", 1))
    if not wanted:
        raise Broken(f"the deployment {metadata['name']} is at zero already")

    def scale(replicas: int) -> None:
        change = {"spec": {"replicas": replicas}}
        observer.api.patch(DEPLOYMENT, metadata["name"], change, metadata["namespace"])

    scale(0)
    try:
        observer.wait_until(
            lambda: not _pods(observer, deployment), f"{metadata['name']} to have no pod", _GONE_S
        )
        yield
    finally:
        scale(wanted)
        observer.wait_until(
            lambda: len([p for p in _pods(observer, deployment) if is_ready(p)]) >= wanted,
            f"{metadata['name']} to be ready again",
            _BACK_S,
        )


def _is_tainted(node: Document) -> bool:
    """Tell whether a node takes no pod without a toleration, as a control plane node does."""
    taints = node["spec"].get("taints", [])
    return any(taint["effect"] in {"NoSchedule", "NoExecute"} for taint in taints)


def _pods(observer: Observer, deployment: Document) -> list[Document]:
    labels = deployment["spec"]["selector"]["matchLabels"]
    return [
        pod
        for pod in observer.all(POD)
        if pod["metadata"]["namespace"] == deployment["metadata"]["namespace"]
        and labels.items() <= pod["metadata"].get("labels", {}).items()
    ]
