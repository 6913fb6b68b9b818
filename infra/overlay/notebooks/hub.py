"""Hub: the Deployment of JupyterHub, its Service, its secrets, and its RBAC for session pods."""

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
    SecretVolumeSourceArgs,
    ServicePortArgs,
    VolumeArgs,
    VolumeMountArgs,
)
from pulumi_kubernetes.core.v1 import Secret as KubernetesSecret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from infra import images, names
from infra.overlay.base.addresses import HUB_APP, HUB_PORT, PLATFORM, SESSIONS
from infra.overlay.base.grants import Account, allow, grant
from infra.overlay.base.secrets import Secret
from infra.overlay.base.workloads import Workload, as_user, service, workload

from .settings import FOLDER, client_secret, files

if TYPE_CHECKING:
    from infra.overlay.base.databases import Database
    from infra.overlay.base.target import Target
    from infra.site import Site

__all__ = ["hub"]

_ACCOUNT: Final = Account(HUB_APP, PLATFORM, role=HUB_APP)
_READ: Final = ("get", "list", "watch")
_FOR_GROUP: Final = 0o440
"""Mode of the files of secrets."""


def hub(site: Site, database: Database, proxy_token: pulumi.Input[str], target: Target) -> None:
    """Create the hub with its account, which may manage the pods of sessions and nothing else.

    Args:
        site: The complete site.
        database: The hub's database.
        proxy_token: The token by which it configures the proxy.
        target: Where; it must depend on the namespaces of platform and sessions.
    """
    metadata = ObjectMetaArgs(namespace=PLATFORM)
    config = ConfigMap(
        "hub-config", metadata=metadata, data=files(site, database), opts=target.options
    )
    cookie = Secret("hub-cookie", pulumi.ResourceOptions(parent=target.parent))
    secrets = KubernetesSecret(
        "hub-secrets",
        metadata=metadata,
        string_data={
            "cookie": cookie.value,
            "client": pulumi.Output.secret(client_secret(site)),
            "database": database.password,
            "proxy": proxy_token,
        },
        opts=target.options,
    )
    rules = [allow("pods", *_READ, "create", "delete"), allow("events", *_READ)]
    granted = grant(_ACCOUNT, {SESSIONS: rules}, target)
    deployed = Workload(
        app=HUB_APP,
        namespace=PLATFORM,
        pod=_pod(site.registry, config, secrets),
        account=_ACCOUNT.name,
        writable=True,
    )
    service(deployed, [ServicePortArgs(port=HUB_PORT)], target)
    workload(deployed, target.after(*granted))


def _pod(registry: str, config: ConfigMap, secrets: KubernetesSecret) -> PodSpecArgs:
    jupyterhub = ContainerArgs(
        name=HUB_APP,
        image=images.reference(registry, "notebooks/hub"),
        ports=[ContainerPortArgs(container_port=HUB_PORT)],
        readiness_probe=ProbeArgs(
            http_get=HTTPGetActionArgs(path="/hub/health", port=HUB_PORT),
            period_seconds=2,
            timeout_seconds=5,
        ),
        resources=ResourceRequirementsArgs(requests={"cpu": "100m", "memory": "256Mi"}),
        volume_mounts=[
            VolumeMountArgs(name="config", mount_path=FOLDER),
            VolumeMountArgs(name="secrets", mount_path=f"{FOLDER}/secrets"),
        ],
    )
    return PodSpecArgs(
        security_context=as_user(names.HUB_UID, files=names.HUB_UID),
        containers=[jupyterhub],
        volumes=[
            VolumeArgs(
                name="config", config_map=ConfigMapVolumeSourceArgs(name=config.metadata.name)
            ),
            VolumeArgs(
                name="secrets",
                secret=SecretVolumeSourceArgs(
                    secret_name=secrets.metadata.name, default_mode=_FOR_GROUP
                ),
            ),
        ],
    )
