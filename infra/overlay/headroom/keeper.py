"""Keeper: the program of services/headroom in a pod, what it is told, and what it may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pulumi_kubernetes as k8s

from infra import images

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from infra.overlay.base.target import Cluster

__all__ = ["KEEPER", "keeper"]

KEEPER: Final = "headroom-system"
"""Its namespace: Kueue manages all that is in the placeholders' own."""

_HERE: Final = "/etc/headroom"
_LABELS: Final = {"app": "headroom-keeper"}
_SEES: Final = ["list", "watch"]
_KEEPS: Final = [*_SEES, "create", "delete"]


def keeper(  # noqa: PLR0913, PLR0917 - what a keeper stands on
    registry: str,
    told: str,
    may: tuple[str, str],
    cluster: Cluster,
    parent: pulumi.Resource,
    needs: Sequence[pulumi.Resource],
) -> None:
    """Ask for the keeper and its account.

    Args:
        registry: Of the site's own images.
        told: What it keeps: services/headroom's headroom.json.
        may: The namespace that it keeps pods in, and the one whose pods it sees.
        cluster: Where.
        parent: The component that it belongs to.
        needs: What must stand before.
    """
    mine = cluster.inside(parent, needs)
    config = k8s.core.v1.ConfigMap(
        "headroom-config",
        metadata={"namespace": KEEPER},
        data={"headroom.json": told},
        opts=mine,
    )
    account: list[pulumi.Resource] = [
        k8s.core.v1.ServiceAccount(
            "headroom-keeper", metadata={"name": "keeper", "namespace": KEEPER}, opts=mine
        )
    ]
    for space, verbs in zip(may, (_KEEPS, _SEES), strict=True):
        account += _let(space, verbs, cluster, parent, needs)
    k8s.apps.v1.Deployment(
        "headroom-keeper",
        metadata={"name": "keeper", "namespace": KEEPER},
        spec={
            "replicas": 1,
            "strategy": {"type": "Recreate"},  # two would make too many
            "selector": {"match_labels": _LABELS},
            "template": {"metadata": {"labels": _LABELS}, "spec": _pod(registry, config.metadata)},
        },
        opts=cluster.inside(parent, [*needs, *account]),
    )


def _pod(registry: str, config: Any) -> Any:  # noqa: ANN401 - typed by k8s
    return {
        "priority_class_name": "platform",
        "service_account_name": "keeper",
        "security_context": {
            "run_as_user": 10003,
            "run_as_non_root": True,
            "seccomp_profile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "keeper",
                "image": images.reference(registry, "headroom/keeper"),
                "resources": {
                    "requests": {"cpu": "10m", "memory": "64Mi"},
                    "limits": {"memory": "256Mi"},
                },
                "security_context": {
                    "allow_privilege_escalation": False,
                    "read_only_root_filesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
                "volume_mounts": [{"name": "config", "mount_path": _HERE}],
            }
        ],
        "volumes": [{"name": "config", "config_map": {"name": config.name}}],
    }


def _let(
    space: str,
    verbs: Sequence[str],
    cluster: Cluster,
    parent: pulumi.Resource,
    needs: Sequence[pulumi.Resource],
) -> list[pulumi.Resource]:
    """Let the keeper do this with the pods of a namespace."""
    mine = cluster.inside(parent, needs)
    where: Any = {"name": "headroom-keeper", "namespace": space}
    role = k8s.rbac.v1.Role(
        f"headroom-keeper-{space}",
        metadata=where,
        rules=[{"api_groups": [""], "resources": ["pods"], "verbs": list(verbs)}],
        opts=mine,
    )
    binding = k8s.rbac.v1.RoleBinding(
        f"headroom-keeper-{space}",
        metadata=where,
        role_ref={
            "api_group": "rbac.authorization.k8s.io",
            "kind": "Role",
            "name": "headroom-keeper",
        },
        subjects=[{"kind": "ServiceAccount", "name": "keeper", "namespace": KEEPER}],
        opts=mine,
    )
    return [role, binding]
