"""Proxy: what a browser talks to; it knows by itself where each session is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pulumi
import pulumi_kubernetes as k8s

from infra import images
from infra.overlay.base.places import PLATFORM
from infra.overlay.base.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.overlay.base.target import Cluster
    from infra.site import Site

__all__ = ["proxy"]

_LABELS: Final = {"app": "proxy"}


def proxy(
    site: Site, cluster: Cluster, parent: pulumi.Resource, needs: Sequence[pulumi.Resource]
) -> Secret:
    """Ask for the proxy and its service; return what the hub shows it."""
    mine = cluster.inside(parent, needs)
    token = Secret("proxy", pulumi.ResourceOptions(parent=parent))
    within: Any = {"namespace": PLATFORM}
    hidden = k8s.core.v1.Secret(
        "proxy", metadata=within, string_data={"token": token.value}, opts=mine
    )
    k8s.core.v1.Service(
        "proxy",
        metadata={"name": "proxy", "namespace": PLATFORM},
        spec={
            "selector": _LABELS,
            "ports": [{"name": "people", "port": 8000}, {"name": "hub", "port": 8001}],
        },
        opts=mine,
    )
    k8s.apps.v1.Deployment(
        "proxy",
        metadata={"name": "proxy", "namespace": PLATFORM},
        spec={
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "selector": {"match_labels": _LABELS},
            "template": {
                "metadata": {"labels": _LABELS},
                "spec": _pod(site, hidden.metadata),
            },
        },
        opts=mine,
    )
    return token


def _pod(site: Site, hidden: Any) -> Any:  # noqa: ANN401 - typed by k8s
    token = {"secret_key_ref": {"name": hidden.name, "key": "token"}}
    return {
        "priority_class_name": "platform",
        "automount_service_account_token": False,
        "security_context": {
            "run_as_non_root": True,
            "run_as_user": 10002,
            "seccomp_profile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "proxy",
                "image": images.reference(site.registry, "notebooks/proxy"),
                "env": [{"name": "CONFIGPROXY_AUTH_TOKEN", "value_from": token}],
                "ports": [{"container_port": 8000}, {"container_port": 8001}],
                # before the hub has told it a route, this path alone says that it lives
                "readiness_probe": {
                    "http_get": {"path": "/_chp_healthz", "port": 8000},
                    "period_seconds": 2,
                },
                "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}},
                "security_context": {
                    "allow_privilege_escalation": False,
                    "capabilities": {"drop": ["ALL"]},
                },
            }
        ],
    }
