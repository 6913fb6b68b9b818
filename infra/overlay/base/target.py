"""Target: where an object of the overlay is created, with its parent and its dependencies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import pulumi
import pulumi_kubernetes as k8s

__all__ = ["MANAGER", "Target", "annotated", "connect"]

MANAGER: Final = {"pulumi.com/patchFieldManager": "foreground"}
"""Annotation that names the field manager of server-side apply.

Without it each attempt to create an object uses a random name. If a run is killed and the next one
creates the object again, its fields then have two managers, and no later run may change them.
"""


@dataclass(frozen=True)
class Target:
    """A place for objects in the cluster. Targets are values: each method returns another one.

    Attributes:
        provider: Connection to the Kubernetes API.
        anchor: A resource that lives as long as the cluster. When both are deleted, Pulumi only
            forgets the objects and does not delete them one by one through an API that is going
            away. None if the cluster outlives the site.
        parent: The component that the objects belong to.
        required: Resources that must exist before the objects.
        former_parent: URN of the component that the objects belonged to in an earlier release.
    """

    provider: k8s.Provider
    anchor: pulumi.Resource | None
    parent: pulumi.Resource | None = None
    required: tuple[pulumi.Resource, ...] = ()
    former_parent: pulumi.Input[str] | None = None

    def inside(self, component: pulumi.Resource) -> Target:
        """Return a target whose objects belong to a component."""
        return replace(self, parent=component)

    def after(self, *resources: pulumi.Resource) -> Target:
        """Return a target whose objects also depend on these resources."""
        return replace(self, required=(*self.required, *resources))

    def moved_from(self, component: pulumi.Input[str]) -> Target:
        """Return a target whose objects had another parent in an earlier release: its URN."""
        return replace(self, former_parent=component)

    @property
    def options(self) -> pulumi.ResourceOptions:
        """Options of an object."""
        former = self.former_parent
        return pulumi.ResourceOptions(
            parent=self.parent,
            provider=self.provider,
            deleted_with=self.anchor,
            depends_on=list(self.required),
            aliases=[pulumi.Alias(parent=former)] if former is not None else None,
        )

    @property
    def component_options(self) -> pulumi.ResourceOptions:
        """Options of a component; all objects below it inherit the transformation."""
        return pulumi.ResourceOptions(
            provider=self.provider, deleted_with=self.anchor, transforms=[annotated]
        )


def annotated(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    """Transform one Kubernetes object: add the annotation MANAGER."""
    metadata = args.props.get("metadata")
    if not args.type_.startswith("kubernetes:") or not isinstance(metadata, dict):
        return None
    annotations = {**(metadata.get("annotations") or {}), **MANAGER}
    props = {**args.props, "metadata": {**metadata, "annotations": annotations}}
    return pulumi.ResourceTransformResult(props, args.opts)


def connect(
    kubeconfig: pulumi.Input[str],
    identifier: pulumi.Input[str],
    anchor: pulumi.Resource | None,
    *required: pulumi.Resource,
) -> Target:
    """Return the target of a cluster.

    Args:
        kubeconfig: An administrator's kubeconfig; a new one replaces nothing.
        identifier: Identifier of the cluster; another one replaces all objects.
        anchor: As in Target.
        required: Resources that must exist before anything is created in the cluster.
    """
    provider = k8s.Provider(
        "cluster",
        kubeconfig=pulumi.Output.secret(kubeconfig),
        cluster_identifier=identifier,
        opts=pulumi.ResourceOptions(deleted_with=anchor, depends_on=list(required)),
    )
    return Target(provider, anchor)
