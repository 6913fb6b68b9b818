"""Proxy of the hub: the Deployment of configurable-http-proxy, between browsers and sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
from pulumi_kubernetes.core.v1 import (
    ContainerArgs,
    ContainerPortArgs,
    EnvVarArgs,
    EnvVarSourceArgs,
    HTTPGetActionArgs,
    PodSpecArgs,
    ProbeArgs,
    ResourceRequirementsArgs,
    SecretKeySelectorArgs,
    ServicePortArgs,
)
from pulumi_kubernetes.core.v1 import Secret as KubernetesSecret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from infra import images, names
from infra.overlay.base.addresses import PLATFORM, PROXY_API_PORT, PROXY_APP, PROXY_PORT
from infra.overlay.base.secrets import Secret
from infra.overlay.base.workloads import Workload, as_user, service, workload

if TYPE_CHECKING:
    from infra.overlay.base.target import Target

__all__ = ["proxy"]


def proxy(registry: str, target: Target) -> pulumi.Output[str]:
    """Create the proxy and its Service; return the token by which the hub may configure it."""
    token = Secret(PROXY_APP, pulumi.ResourceOptions(parent=target.parent)).value
    secret = KubernetesSecret(
        PROXY_APP,
        metadata=ObjectMetaArgs(namespace=PLATFORM),
        string_data={"token": token},
        opts=target.options,
    )
    chp = Workload(app=PROXY_APP, namespace=PLATFORM, pod=_pod(registry, secret), writable=True)
    ports = [
        ServicePortArgs(name="people", port=PROXY_PORT),
        ServicePortArgs(name="hub", port=PROXY_API_PORT),
    ]
    service(chp, ports, target)
    workload(chp, target)
    return token


def _pod(registry: str, secret: KubernetesSecret) -> PodSpecArgs:
    token = EnvVarSourceArgs(
        secret_key_ref=SecretKeySelectorArgs(name=secret.metadata.name, key="token")
    )
    chp = ContainerArgs(
        name=PROXY_APP,
        image=images.reference(registry, "notebooks/proxy"),
        env=[EnvVarArgs(name="CONFIGPROXY_AUTH_TOKEN", value_from=token)],
        ports=[
            ContainerPortArgs(container_port=PROXY_PORT),
            ContainerPortArgs(container_port=PROXY_API_PORT),
        ],
        # the only path that is answered before the hub has added a route
        readiness_probe=ProbeArgs(
            http_get=HTTPGetActionArgs(path="/_chp_healthz", port=PROXY_PORT), period_seconds=2
        ),
        resources=ResourceRequirementsArgs(requests={"cpu": "50m", "memory": "64Mi"}),
    )
    return PodSpecArgs(security_context=as_user(names.PROXY_UID), containers=[chp])
