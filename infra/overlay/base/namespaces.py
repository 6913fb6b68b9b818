"""Namespaces of the overlay: their pod security level, and the labels that policies select by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from pulumi_kubernetes.core.v1 import Namespace
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from infra import names

if TYPE_CHECKING:
    from .target import Target

__all__ = ["namespace"]

_SECURITY: Final = "pod-security.kubernetes.io/enforce"


def namespace(
    name: str,
    target: Target,
    *,
    priority: str = "",
    security: Literal["restricted", "baseline", "privileged"] = "restricted",
    marks: tuple[str, ...] = (),
) -> Namespace:
    """Create a namespace.

    Args:
        name: Name of the namespace.
        target: Where.
        priority: The one guarded priority class that its pods may have.
        security: Level of the Kubernetes pod security standard that its pods must satisfy.
        marks: Labels whose value is "true", such as names.BATCH.
    """
    labels = {**dict.fromkeys(marks, "true"), _SECURITY: security}
    if priority:
        labels[names.PRIORITY] = priority
    return Namespace(name, metadata=ObjectMetaArgs(name=name, labels=labels), opts=target.options)
