"""Hub: JupyterHub in a pod, what it is told, and what it may do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pulumi
import pulumi_kubernetes as k8s

from infra import images
from infra.errors import ForegroundError
from infra.overlay.base.places import (
    DATABASE,
    HUB_URL,
    PLATFORM,
    PROXY_API_URL,
    SESSIONS,
    Database,
)
from infra.overlay.base.secrets import Secret
from infra.overlay.storage.homes import TOLD

from .profiles import session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from infra.overlay.base.target import Cluster
    from infra.site import Site
    from infra.site.identity import Identity

__all__ = ["hub"]

_LABELS: Final = {"app": "hub"}
_UID: Final = 10001
_HERE: Final = "/etc/jupyterhub"
_CA: Final = "issuer.pem"


def hub(  # noqa: PLR0913, PLR0917 - what a hub stands on
    site: Site,
    database: Database,
    proxy_token: Secret,
    cluster: Cluster,
    parent: pulumi.Resource,
    needs: Sequence[pulumi.Resource],
) -> None:
    """Ask for the hub, its service, its account."""
    mine = cluster.inside(parent, needs)
    within: Any = {"namespace": PLATFORM}
    config = k8s.core.v1.ConfigMap(
        "hub-config", metadata=within, data=_told(site, database), opts=mine
    )
    hidden = k8s.core.v1.Secret(
        "hub-secrets",
        metadata=within,
        string_data={
            "cookie": Secret("hub-cookie", pulumi.ResourceOptions(parent=parent)).value,
            "client": pulumi.Output.secret(_read(site.identity).strip()),
            "database": database.password,
            "proxy": proxy_token.value,
        },
        opts=mine,
    )
    account = _account(cluster, parent, needs)
    k8s.core.v1.Service(
        "hub",
        metadata={"name": "hub", "namespace": PLATFORM},
        spec={"selector": _LABELS, "ports": [{"port": 8081}]},
        opts=mine,
    )
    k8s.apps.v1.Deployment(
        "hub",
        metadata={"name": "hub", "namespace": PLATFORM},
        spec={
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "selector": {"match_labels": _LABELS},
            "template": {
                "metadata": {"labels": _LABELS},
                "spec": _pod(site, config.metadata, hidden.metadata),
            },
        },
        opts=cluster.inside(parent, [*needs, *account]),
    )


def _pod(site: Site, config: Any, hidden: Any) -> Any:  # noqa: ANN401 - typed by k8s
    return {
        "priority_class_name": "platform",
        "service_account_name": "hub",
        "security_context": {
            "run_as_user": _UID,
            "fs_group": _UID,
            "run_as_non_root": True,
            "seccomp_profile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "hub",
                "image": images.reference(site.registry, "notebooks/hub"),
                "ports": [{"container_port": 8081}],
                "readiness_probe": {
                    "http_get": {"path": "/hub/health", "port": 8081},
                    "period_seconds": 2,
                    "timeout_seconds": 5,
                },
                "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}},
                "security_context": {
                    "allow_privilege_escalation": False,
                    "capabilities": {"drop": ["ALL"]},
                },
                "volume_mounts": [
                    {"name": "config", "mount_path": _HERE},
                    {"name": "secrets", "mount_path": f"{_HERE}/secrets"},
                ],
            }
        ],
        "volumes": [
            {"name": "config", "config_map": {"name": config.name}},
            {"name": "secrets", "secret": {"secret_name": hidden.name, "default_mode": 0o440}},
        ],
    }


def _told(site: Site, database: Database) -> dict[str, pulumi.Input[str]]:
    """Return the files that the hub reads."""
    who, way = site.identity, site.ingress
    assert who  # noqa: S101 - the site made sure
    assert way  # noqa: S101
    files: dict[str, pulumi.Input[str]] = {}
    if who.ca_file:
        files[_CA] = _text(who.ca_file, "identity.caFile")
    settings: dict[str, Any] = {
        "url": way.url,
        "hub": HUB_URL,
        "proxy": PROXY_API_URL,
        "issuer": {
            "url": who.issuer,
            "label": "your institute's account",
            "client": who.client_id,
            "ca": f"{_HERE}/{_CA}" if who.ca_file else None,
            "scopes": who.scopes,
            "usernameClaim": who.username_claim,
            "groupsClaim": who.groups_claim,
            "allowedGroups": who.allowed_groups,
            "adminGroups": who.admin_groups,
        },
        "session": session(site),
        "home": TOLD,
    }
    files["settings.json"] = pulumi.Output.from_input(database.host).apply(
        lambda host: json.dumps(
            {**settings, "database": {"host": host, "name": DATABASE}}, indent=1, sort_keys=True
        )
    )
    return files


def _account(
    cluster: Cluster, parent: pulumi.Resource, needs: Sequence[pulumi.Resource]
) -> list[pulumi.Resource]:
    """Ask for the hub's account: pods of sessions, and nothing else anywhere."""
    mine = cluster.inside(parent, needs)
    account = k8s.core.v1.ServiceAccount(
        "hub", metadata={"name": "hub", "namespace": PLATFORM}, opts=mine
    )
    role = k8s.rbac.v1.Role(
        "hub",
        metadata={"name": "hub", "namespace": SESSIONS},
        rules=[
            {
                "api_groups": [""],
                "resources": ["pods"],
                "verbs": ["get", "list", "watch", "create", "delete"],
            },
            {"api_groups": [""], "resources": ["events"], "verbs": ["get", "list", "watch"]},
        ],
        opts=mine,
    )
    binding = k8s.rbac.v1.RoleBinding(
        "hub",
        metadata={"name": "hub", "namespace": SESSIONS},
        role_ref={"api_group": "rbac.authorization.k8s.io", "kind": "Role", "name": "hub"},
        subjects=[{"kind": "ServiceAccount", "name": "hub", "namespace": PLATFORM}],
        opts=mine,
    )
    return [account, role, binding]


def _read(identity: Identity | None) -> str:
    assert identity  # noqa: S101 - the site made sure
    return _text(identity.client_secret_file, "identity.clientSecretFile")


def _text(file: Path, key: str) -> str:
    try:
        return file.read_text()
    except OSError as error:
        raise ForegroundError(
            f"A file of {key} cannot be read: {file}: {error.strerror}",
            f"Mend {key} in the site file",
        ) from None
