"""RBAC grants: a ServiceAccount, with a Role and a RoleBinding in each namespace it works in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pulumi_kubernetes.core.v1 import ServiceAccount
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.rbac.v1 import (
    PolicyRuleArgs,
    Role,
    RoleBinding,
    RoleRefArgs,
    SubjectArgs,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pulumi

    from .target import Target

__all__ = ["Account", "allow", "grant"]


@dataclass(frozen=True)
class Account:
    """A ServiceAccount.

    Attributes:
        name: Its name.
        namespace: Its namespace.
        role: Name of its Roles and RoleBindings, and of its own resource in Pulumi.
    """

    name: str
    namespace: str
    role: str


def allow(resource: str, *verbs: str) -> PolicyRuleArgs:
    """Return the rule: these verbs on a resource of the core API group."""
    return PolicyRuleArgs(api_groups=[""], resources=[resource], verbs=list(verbs))


def grant(
    account: Account, rules: Mapping[str, Sequence[PolicyRuleArgs]], target: Target
) -> list[pulumi.Resource]:
    """Create an account with its Roles and RoleBindings, and nothing for the whole cluster.

    Args:
        account: The account.
        rules: What it may do, by namespace.
        target: Where; it must depend on all these namespaces.
    """
    subject = SubjectArgs(kind="ServiceAccount", name=account.name, namespace=account.namespace)
    reference = RoleRefArgs(api_group="rbac.authorization.k8s.io", kind="Role", name=account.role)
    created: list[pulumi.Resource] = [
        ServiceAccount(
            account.role,
            metadata=ObjectMetaArgs(name=account.name, namespace=account.namespace),
            opts=target.options,
        )
    ]
    for namespace, allowed in rules.items():
        # the resources of an account with one Role have always been named like the Role
        resource = account.role if len(rules) == 1 else f"{account.role}-{namespace}"
        metadata = ObjectMetaArgs(name=account.role, namespace=namespace)
        created += [
            Role(resource, metadata=metadata, rules=allowed, opts=target.options),
            RoleBinding(
                resource,
                metadata=metadata,
                role_ref=reference,
                subjects=[subject],
                opts=target.options,
            ),
        ]
    return created
