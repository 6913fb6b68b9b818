"""Policy: a rule that the API server itself checks, for everybody and whatever runs or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi_kubernetes as k8s

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

    from .target import Cluster

__all__ = ["PODS", "deny", "rule"]


def rule(group: str, version: str, resource: str, *operations: str) -> dict[str, Any]:
    """Say what a policy is asked about."""
    return {
        "api_groups": [group],
        "api_versions": [version],
        "operations": list(operations) or ["CREATE", "UPDATE"],
        "resources": [resource],
    }


PODS = rule("", "v1", "pods", "CREATE")


def deny(  # noqa: PLR0913 - a policy's parts
    name: str,
    cluster: Cluster,
    parent: pulumi.Resource,
    *,
    about: dict[str, Any],
    unless: Mapping[str, str],
    where: str = "",
) -> None:
    """Ask for a policy and its binding.

    Args:
        name: Of both.
        cluster: Where.
        parent: The component that it belongs to.
        about: What it is asked about: rule().
        unless: CEL that must hold, and what is said where it does not.
        where: Label of the namespaces that it holds in; empty is everywhere.
    """
    constraints: dict[str, Any] = {"resource_rules": [about]}
    if where:
        constraints["namespace_selector"] = {"match_labels": {where: "true"}}
    policy = k8s.admissionregistration.v1.ValidatingAdmissionPolicy(
        name,
        metadata={"name": name},
        spec={
            "failure_policy": "Fail",
            "match_constraints": constraints,
            "validations": [
                {"expression": expression, "message": message}
                for expression, message in unless.items()
            ],
        },
        opts=cluster.inside(parent),
    )
    k8s.admissionregistration.v1.ValidatingAdmissionPolicyBinding(
        name,
        metadata={"name": name},
        spec={"policy_name": name, "validation_actions": ["Deny"]},
        opts=cluster.inside(parent, [policy]),
    )
