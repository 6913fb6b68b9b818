"""Outages: a part of a site is away for a while, and comes back however a test ends."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from conformance.kit.verdicts import Broken

from .pods import condition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .api import Cluster, Document
    from .observer import Observer

__all__ = ["cordoned", "is_ready", "without"]

_GONE_S: Final = 60
_BACK_S: Final = 180


@contextmanager
def cordoned(cluster: Cluster, node: str) -> Iterator[None]:
    """Have nothing new come to a node meanwhile; what runs there stays.

    Raises:
        Broken: There is no other node, or the node is cordoned already, by whoever wants it so.
    """
    open_ = [
        one["metadata"]["name"]
        for one in cluster.all("Node")
        if not one["spec"].get("unschedulable") and not _keeps_away(one)
    ]
    if node not in open_:
        raise Broken(f"the node {node} is cordoned already")
    if len(open_) == 1:
        raise Broken(f"there is no node beside {node}")
    cluster.patch("Node", node, {"spec": {"unschedulable": True}})
    try:
        yield
    finally:
        cluster.patch("Node", node, {"spec": {"unschedulable": None}})


@contextmanager
def without(observer: Observer, deployment: Document) -> Iterator[None]:
    """Have no pod of a deployment meanwhile; it is ready again at the end.

    Raises:
        Broken: It has none now.
        AssertionError: Its pods do not go, or none becomes ready again.
    """
    about, wanted = deployment["metadata"], int(deployment["spec"].get("replicas", 1))
    if not wanted:
        raise Broken(f"the deployment {about['name']} is at zero already")

    def scale(to: int) -> None:
        words = {"spec": {"replicas": to}}
        observer.cluster.patch("Deployment", about["name"], words, about["namespace"])

    scale(0)
    try:
        observer.becomes(
            lambda: not _pods(observer, deployment), f"{about['name']} to be away", _GONE_S
        )
        yield
    finally:
        scale(wanted)
        observer.becomes(
            lambda: len([p for p in _pods(observer, deployment) if is_ready(p)]) >= wanted,
            f"{about['name']} to be ready again",
            _BACK_S,
        )


def is_ready(pod: Document) -> bool:
    """Tell whether a pod says that it does its work."""
    return bool(condition(pod, "Ready").get("status") == "True")


def _keeps_away(node: Document) -> bool:
    """Tell a node that takes nothing from whoever does not know it, as a control machine."""
    taints = node["spec"].get("taints", [])
    return any(taint["effect"] in {"NoSchedule", "NoExecute"} for taint in taints)


def _pods(observer: Observer, deployment: Document) -> list[Document]:
    labels = deployment["spec"]["selector"]["matchLabels"]
    return [
        pod
        for pod in observer.all("Pod")
        if pod["metadata"]["namespace"] == deployment["metadata"]["namespace"]
        and labels.items() <= pod["metadata"].get("labels", {}).items()
    ]
