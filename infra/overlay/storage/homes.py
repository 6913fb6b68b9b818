"""Homes: where people's files are, one folder a person, and who makes that folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pulumi_kubernetes as k8s

from infra import images
from infra.overlay.base.claims import claim
from infra.overlay.base.network_policies import fence, pods, port
from infra.overlay.base.places import PLATFORM, SESSIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from infra.overlay.base.claims import Export
    from infra.overlay.base.target import Cluster
    from infra.site import Site

__all__ = ["PERSON", "TOLD", "homes"]

PERSON: Final = 1000
"""Every session's user and group: the folders are theirs, on the server too."""

_NAME: Final = "homes"
_LABELS: Final = {"app": _NAME}
_PORT: Final = 8080
_TOP: Final = "/srv/homes"

TOLD: Final = {
    "claim": _NAME,
    "folder": "{username}",  # KubeSpawner's own safe name of a person, whatever they are called
    "service": f"http://{_NAME}.{PLATFORM}:{_PORT}",
    "path": "/home/person",
}
"""What the hub is told of homes."""


def homes(
    site: Site,
    export: Export,
    cluster: Cluster,
    parent: pulumi.Resource,
    needs: Sequence[pulumi.Resource],
) -> None:
    """Ask for the claim that sessions mount their folder of, and for the homes service.

    The hub itself mounts nothing: it would hang with the homes' server. Nor has a session a
    container that makes its folder: that would cost each start a second.
    """
    claim(_NAME, SESSIONS, export, cluster, parent, needs)
    stands = [*needs, claim(_NAME, PLATFORM, export, cluster, parent, needs)]
    fence(
        _NAME,
        PLATFORM,
        cluster,
        parent,
        of=_LABELS,
        hears=[{"from_": [pods(PLATFORM, app="hub")], "ports": [port(_PORT)]}],
        says=[],
        needs=needs,
    )
    k8s.core.v1.Service(
        _NAME,
        metadata={"name": _NAME, "namespace": PLATFORM},
        spec={"selector": _LABELS, "ports": [{"port": _PORT}]},
        opts=cluster.inside(parent, needs),
    )
    k8s.apps.v1.Deployment(
        _NAME,
        metadata={"name": _NAME, "namespace": PLATFORM},
        spec={
            "replicas": 1,
            "selector": {"match_labels": _LABELS},
            "template": {"metadata": {"labels": _LABELS}, "spec": _pod(site)},
        },
        opts=cluster.inside(parent, stands),
    )


def _pod(site: Site) -> Any:  # noqa: ANN401 - typed by k8s
    return {
        "priority_class_name": "platform",
        "automount_service_account_token": False,
        "termination_grace_period_seconds": 1,
        "security_context": {
            "run_as_non_root": True,
            "run_as_user": PERSON,
            "run_as_group": PERSON,
            "seccomp_profile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": _NAME,
                "image": images.reference(site.registry, "storage/homes"),
                "args": [_TOP, str(_PORT)],
                "ports": [{"container_port": _PORT}],
                "readiness_probe": {
                    "http_get": {"path": "/", "port": _PORT},
                    "period_seconds": 2,
                    "timeout_seconds": 5,
                },
                "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}},
                "security_context": {
                    "allow_privilege_escalation": False,
                    "capabilities": {"drop": ["ALL"]},
                    "read_only_root_filesystem": True,
                },
                "volume_mounts": [{"name": "homes", "mount_path": _TOP}],
            }
        ],
        "volumes": [
            {"name": "homes", "persistent_volume_claim": {"claim_name": _NAME}},
        ],
    }
