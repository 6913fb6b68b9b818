"""Cluster: where the overlay's objects go, and with what they vanish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pulumi
import pulumi_kubernetes as k8s

from infra import names

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MANAGER", "Cluster", "connect", "namespace", "signed"]

MANAGER: Final = {"pulumi.com/patchFieldManager": "foreground"}
"""Annotation that gives every field of an object one owner.

Without it each attempt to make an object has a random one. What a killed run made then belongs to
two when the next run has made it again, and no later run may change it.
"""


@dataclass(frozen=True)
class Cluster:
    """The site's cluster.

    Attributes:
        provider: The way to its API.
        anchor: Lives as long as the cluster. What goes with it is not deleted one by one,
            through an API that is going away.
    """

    provider: k8s.Provider
    anchor: pulumi.Resource

    def inside(
        self, parent: pulumi.Resource | None, needs: Sequence[pulumi.Resource] = ()
    ) -> pulumi.ResourceOptions:
        """Options of an object in the cluster, or of a component with all that is below it."""
        return pulumi.ResourceOptions(
            parent=parent,
            provider=self.provider,
            deleted_with=self.anchor,
            depends_on=list(needs),
            transforms=[] if parent else [signed],  # what is below inherits it
        )


def signed(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    """Have one object belong to us by one name."""
    metadata = args.props.get("metadata")
    if not args.type_.startswith("kubernetes:") or not isinstance(metadata, dict):
        return None
    annotations = {**(metadata.get("annotations") or {}), **MANAGER}
    props = {**args.props, "metadata": {**metadata, "annotations": annotations}}
    return pulumi.ResourceTransformResult(props, args.opts)


def connect(
    kubeconfig: pulumi.Input[str],
    identifier: pulumi.Input[str],
    anchor: pulumi.Resource,
    needs: Sequence[pulumi.Resource] = (),
) -> Cluster:
    """Return the site's cluster.

    Args:
        kubeconfig: An administrator's; a new one replaces nothing.
        identifier: Of the cluster: with another one, all objects are made again.
        anchor: As in Cluster.
        needs: What must stand before anything is put on it.
    """
    provider = k8s.Provider(
        "cluster",
        kubeconfig=pulumi.Output.secret(kubeconfig),
        cluster_identifier=identifier,
        opts=pulumi.ResourceOptions(deleted_with=anchor, depends_on=list(needs)),
    )
    return Cluster(provider, anchor)


def namespace(
    name: str,
    cluster: Cluster,
    parent: pulumi.Resource,
    *,
    priority: str = "",
    pods: str = "restricted",
    **labels: str,
) -> k8s.core.v1.Namespace:
    """Ask for a namespace.

    Args:
        name: Of the namespace.
        cluster: Where.
        parent: The component that it belongs to.
        priority: The one guarded priority class that pods in it may have.
        pods: Level of Kubernetes' pod security standard.
        labels: More labels of our domain, without it.
    """
    marks: dict[str, Any] = {f"{names.LABELS}/{key}": value for key, value in labels.items()}
    marks["pod-security.kubernetes.io/enforce"] = pods
    if priority:
        marks[names.PRIORITY] = priority
    return k8s.core.v1.Namespace(
        name, metadata={"name": name, "labels": marks}, opts=cluster.inside(parent)
    )
