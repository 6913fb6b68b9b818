"""ValidatingAdmissionPolicies of the overlay: rules in CEL that the API server itself enforces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pulumi_kubernetes.admissionregistration.v1 import (
    MatchResourcesArgs,
    NamedRuleWithOperationsArgs,
    ValidatingAdmissionPolicy,
    ValidatingAdmissionPolicyBinding,
    ValidatingAdmissionPolicyBindingSpecArgs,
    ValidatingAdmissionPolicySpecArgs,
    ValidationArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .target import Target

__all__ = ["PODS", "deny_unless", "requests"]


def requests(
    group: str, version: str, resource: str, *operations: str
) -> NamedRuleWithOperationsArgs:
    """Return the match rule: requests that create or update a resource, or these operations."""
    return NamedRuleWithOperationsArgs(
        api_groups=[group],
        api_versions=[version],
        operations=list(operations) or ["CREATE", "UPDATE"],
        resources=[resource],
    )


PODS: Final = requests("", "v1", "pods", "CREATE")


def deny_unless(
    name: str,
    target: Target,
    *,
    validations: Mapping[str, str],
    matching: NamedRuleWithOperationsArgs,
    label: str = "",
) -> None:
    """Create a policy and its binding.

    Args:
        name: Name of both.
        target: Where.
        validations: CEL expressions that must be true, each with the message of a refusal.
        matching: The requests that the policy is evaluated for: requests().
        label: Label of the namespaces that it applies to; empty means all namespaces.
    """
    selector = LabelSelectorArgs(match_labels={label: "true"}) if label else None
    policy = ValidatingAdmissionPolicy(
        name,
        metadata=ObjectMetaArgs(name=name),
        spec=ValidatingAdmissionPolicySpecArgs(
            failure_policy="Fail",
            match_constraints=MatchResourcesArgs(
                resource_rules=[matching], namespace_selector=selector
            ),
            validations=[
                ValidationArgs(expression=expression, message=message)
                for expression, message in validations.items()
            ],
        ),
        opts=target.options,
    )
    ValidatingAdmissionPolicyBinding(
        name,
        metadata=ObjectMetaArgs(name=name),
        spec=ValidatingAdmissionPolicyBindingSpecArgs(
            policy_name=name, validation_actions=["Deny"]
        ),
        opts=target.after(policy).options,
    )
