"""Ingress: the one URL that people open, and that name inside the cluster too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pulumi
import pulumi_kubernetes as k8s
import yaml

from infra import images
from infra.errors import ForegroundError
from infra.overlay.base.target import namespace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from infra.overlay.base.target import Cluster
    from infra.site import Site
    from infra.site.ingress import Ingress as Wanted

__all__ = ["NAMESPACE", "PORT", "Ingress"]

NAMESPACE: Final = "ingress"
PORT: Final = 8443
"""Where Traefik listens in its pod."""

_UID: Final = 10003
_CONTROL: Final = "node-role.kubernetes.io/control-plane"
_LABELS: Final = {"app": "traefik"}


class Ingress(pulumi.ComponentResource):
    """Traefik on the control machine, with the site's certificate.

    Args:
        name: Unique within the stack.
        site: The whole site.
        wanted: What it says of this.
        cluster: Where.
        routes: What answers for a host name, by host name: URLs inside the cluster.
        needs: What must stand before.

    Attributes:
        address: Where pods reach it.
    """

    address: pulumi.Output[str]

    def __init__(  # noqa: PLR0913 - what a way in leads to
        self,
        name: str,
        site: Site,
        wanted: Wanted,
        cluster: Cluster,
        *,
        routes: Mapping[str, str],
        needs: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__("foreground:overlay:Ingress", name, None, cluster.inside(None))
        space = namespace(NAMESPACE, cluster, self, priority="platform", pods="privileged")
        mine = cluster.inside(self, [space, *needs])
        within: Any = {"namespace": NAMESPACE}
        certificate = k8s.core.v1.Secret(
            f"{name}-certificate",
            metadata=within,
            type="kubernetes.io/tls",
            string_data={
                "tls.crt": pulumi.Output.secret(_read(wanted.certificate_file)),
                "tls.key": pulumi.Output.secret(_read(wanted.key_file)),
            },
            opts=mine,
        )
        config = k8s.core.v1.ConfigMap(
            f"{name}-routes", metadata=within, data={"routes.yaml": _routes(routes)}, opts=mine
        )
        k8s.apps.v1.Deployment(
            name,
            metadata={"name": "traefik", "namespace": NAMESPACE},
            spec={
                "replicas": 1,
                "strategy": {"type": "Recreate"},  # two cannot have the machine's port
                "selector": {"match_labels": _LABELS},
                "template": {
                    "metadata": {"labels": _LABELS},
                    "spec": _pod(site, wanted.port, config.metadata, certificate.metadata),
                },
            },
            opts=mine,
        )
        service = k8s.core.v1.Service(
            name,
            metadata={"name": "traefik", "namespace": NAMESPACE},
            spec={
                "selector": _LABELS,
                "ports": [{"name": "https", "port": wanted.port, "target_port": PORT}],
            },
            opts=mine,
        )
        self.address = service.spec.cluster_ip
        self.register_outputs({"url": wanted.url})


def _pod(site: Site, port: int, config: Any, certificate: Any) -> Any:  # noqa: ANN401 - typed by k8s
    probe = {"http_get": {"path": "/ping", "port": 8080}, "period_seconds": 2}
    return {
        "priority_class_name": "platform",
        "automount_service_account_token": False,
        "node_selector": {_CONTROL: ""},  # which has the site's public address
        "tolerations": [{"key": _CONTROL, "operator": "Exists"}],
        "security_context": {"run_as_user": _UID, "run_as_non_root": True},
        "containers": [
            {
                "name": "traefik",
                "image": images.reference(site.registry, "ingress/traefik"),
                "args": [
                    f"--entrypoints.https.address=:{PORT}",
                    "--entrypoints.https.transport.respondingtimeouts.readtimeout=0",
                    "--entrypoints.traefik.address=:8080",
                    "--ping=true",
                    "--providers.file.directory=/etc/traefik/routes",
                    "--global.checknewversion=false",
                    "--global.sendanonymoususage=false",
                ],
                "ports": [{"container_port": PORT, "host_port": port}],
                "readiness_probe": probe,
                "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}},
                "security_context": {
                    "allow_privilege_escalation": False,
                    "capabilities": {"drop": ["ALL"]},
                },
                "volume_mounts": [
                    {"name": "routes", "mount_path": "/etc/traefik/routes"},
                    {"name": "certificate", "mount_path": "/etc/traefik/certificate"},
                ],
            }
        ],
        "volumes": [
            {"name": "routes", "config_map": {"name": config.name}},
            {"name": "certificate", "secret": {"secret_name": certificate.name}},
        ],
    }


def _routes(routes: Mapping[str, str]) -> str:
    """Traefik's routes: one host name, one service."""
    return yaml.safe_dump(
        {
            "http": {
                "routers": {
                    host: {
                        "rule": f"Host(`{host}`)",
                        "entryPoints": ["https"],
                        "service": host,
                        "tls": {},
                    }
                    for host in routes
                },
                "services": {
                    host: {"loadBalancer": {"servers": [{"url": url}]}}
                    for host, url in routes.items()
                },
            },
            "tls": {
                "certificates": [
                    {
                        "certFile": "/etc/traefik/certificate/tls.crt",
                        "keyFile": "/etc/traefik/certificate/tls.key",
                    }
                ]
            },
        }
    )


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError as error:
        raise ForegroundError(
            f"The ingress' certificate cannot be read: {file}: {error.strerror}",
            "Mend ingress.certificateFile or ingress.keyFile in the site file",
        ) from None
