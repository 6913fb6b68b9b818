"""Objects of Kueue: any kind of its API, created in the cluster with fields other than `spec`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pulumi

if TYPE_CHECKING:
    from .target import Target

__all__ = ["API", "kueue_object"]

API: Final = "kueue.x-k8s.io/v1beta2"


def kueue_object(kind: str, name: str, fields: dict[str, Any], target: Target) -> pulumi.Resource:
    """Create an object of Kueue; the SDK's own class knows no field but spec.

    Args:
        kind: Its kind.
        name: Its name in the cluster.
        fields: All fields but apiVersion, kind and metadata.
        target: Where; it must depend on Kueue.
    """
    return pulumi.CustomResource(
        f"kubernetes:{API}:{kind}",
        f"{kind.lower()}-{name}",
        {"apiVersion": API, "kind": kind, "metadata": {"name": name}, **fields},
        target.options,
    )
