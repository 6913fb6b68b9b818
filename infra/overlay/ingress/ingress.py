"""Ingress component: Traefik on the control machine, its routes and the site's certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pulumi
from pulumi_kubernetes.core.v1 import (
    ConfigMap,
    ConfigMapVolumeSourceArgs,
    ContainerArgs,
    ContainerPortArgs,
    HTTPGetActionArgs,
    PodSpecArgs,
    ProbeArgs,
    ResourceRequirementsArgs,
    Secret,
    SecretVolumeSourceArgs,
    ServicePortArgs,
    TolerationArgs,
    VolumeArgs,
    VolumeMountArgs,
)
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from infra import images, names
from infra.errors import ForegroundError
from infra.overlay.base.addresses import INGRESS, INGRESS_APP, INGRESS_PORT
from infra.overlay.base.namespaces import namespace
from infra.overlay.base.workloads import Workload, as_user, service, workload

from .routes import CERTIFICATE, FOLDER, configuration

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from infra.overlay.base.routes import Route
    from infra.overlay.base.target import Target
    from infra.site import Site
    from infra.site.ingress import Ingress as Settings

__all__ = ["Ingress"]

_CONTROL: Final = "node-role.kubernetes.io/control-plane"
_PING_PORT: Final = 8080


class Ingress(pulumi.ComponentResource):
    """Traefik on the control machine, which has the public address of the site.

    Args:
        name: Unique within the stack.
        site: The complete site.
        settings: Its section `ingress`.
        routes: Public host names, and the services that answer them.
        target: Where; it must depend on the priority classes.

    Attributes:
        address: Address of Traefik for pods.
    """

    address: pulumi.Output[str]

    def __init__(
        self, name: str, site: Site, settings: Settings, routes: Sequence[Route], target: Target
    ) -> None:
        super().__init__("foreground:overlay:Ingress", name, None, target.component_options)
        target = target.inside(self)
        target = target.after(
            namespace(INGRESS, target, priority=names.PLATFORM_CLASS, security="privileged")
        )
        metadata = ObjectMetaArgs(namespace=INGRESS)
        certificate = Secret(
            f"{name}-certificate",
            metadata=metadata,
            type="kubernetes.io/tls",
            string_data={
                "tls.crt": pulumi.Output.secret(_read(settings.certificate_file)),
                "tls.key": pulumi.Output.secret(_read(settings.key_file)),
            },
            opts=target.options,
        )
        config = ConfigMap(
            f"{name}-routes",
            metadata=metadata,
            data={"routes.yaml": configuration(routes)},
            opts=target.options,
        )
        traefik = Workload(
            app=INGRESS_APP,
            resource=name,
            namespace=INGRESS,
            pod=_pod(site.registry, settings.port, config, certificate),
            writable=True,
        )
        workload(traefik, target)
        port = ServicePortArgs(name="https", port=settings.port, target_port=INGRESS_PORT)
        self.address = service(traefik, [port], target).spec.cluster_ip
        self.register_outputs({"url": settings.url})


def _pod(registry: str, port: int, config: ConfigMap, certificate: Secret) -> PodSpecArgs:
    """Return the pod of Traefik; two of them cannot have the same port of a machine."""
    traefik = ContainerArgs(
        name="traefik",
        image=images.reference(registry, "ingress/traefik"),
        args=[
            f"--entrypoints.https.address=:{INGRESS_PORT}",
            "--entrypoints.https.transport.respondingtimeouts.readtimeout=0",
            f"--entrypoints.traefik.address=:{_PING_PORT}",
            "--ping=true",
            f"--providers.file.directory={FOLDER}",
            "--global.checknewversion=false",
            "--global.sendanonymoususage=false",
        ],
        ports=[ContainerPortArgs(container_port=INGRESS_PORT, host_port=port)],
        readiness_probe=ProbeArgs(
            http_get=HTTPGetActionArgs(path="/ping", port=_PING_PORT), period_seconds=2
        ),
        resources=ResourceRequirementsArgs(requests={"cpu": "50m", "memory": "64Mi"}),
        volume_mounts=[
            VolumeMountArgs(name="routes", mount_path=FOLDER),
            VolumeMountArgs(name="certificate", mount_path=CERTIFICATE),
        ],
    )
    return PodSpecArgs(
        node_selector={_CONTROL: ""},
        tolerations=[TolerationArgs(key=_CONTROL, operator="Exists")],
        security_context=as_user(names.INGRESS_UID),
        containers=[traefik],
        volumes=[
            VolumeArgs(
                name="routes", config_map=ConfigMapVolumeSourceArgs(name=config.metadata.name)
            ),
            VolumeArgs(
                name="certificate",
                secret=SecretVolumeSourceArgs(secret_name=certificate.metadata.name),
            ),
        ],
    )


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError as error:
        raise ForegroundError(
            f"The ingress' certificate cannot be read: {file}: {error.strerror}",
            "Correct ingress.certificateFile or ingress.keyFile in the site file",
        ) from None
