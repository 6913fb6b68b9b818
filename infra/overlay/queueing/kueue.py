"""Kueue itself: upstream's chart, told to leave people alone, with its certificates given."""

from __future__ import annotations

import base64
import copy
from typing import TYPE_CHECKING, Any, Final

import pulumi
import pulumi_kubernetes as k8s
import yaml

from infra import names, versions
from infra.overlay.base.secrets import Certificate
from infra.overlay.base.target import namespace

if TYPE_CHECKING:
    from infra.overlay.base.target import Cluster
    from infra.site import Site

__all__ = ["NAMESPACE", "QUEUED", "configuration", "install", "mended"]

NAMESPACE: Final = "kueue-system"
QUEUED: Final[dict[str, Any]] = {"matchLabels": {names.QUEUED: "true"}}
"""The namespaces that Kueue manages, and the only ones that its webhooks see."""

_UPSTREAM: Final = "oci://registry.k8s.io/kueue/charts/kueue"
_OWN_KINDS: Final = "kueue.x-k8s.io"
_SERVERS: Final = [
    f"kueue-{service}.{NAMESPACE}.svc"
    for service in ("webhook-service", "controller-manager-metrics-service", "visibility-server")
]


def install(
    site: Site, recovery: int, cluster: Cluster, parent: pulumi.Resource, priorities: list[Any]
) -> pulumi.Resource:
    """Ask for Kueue.

    Args:
        site: The whole site.
        recovery: Seconds after which a job that lost its pod gives its place back.
        cluster: Where.
        parent: The component that it belongs to.
        priorities: The priority classes.

    Returns:
        What Kueue's objects must depend on.
    """
    space = namespace(NAMESPACE, cluster, parent, priority="platform", pods="baseline")
    certificate = Certificate("kueue", _SERVERS, pulumi.ResourceOptions(parent=parent))
    charts = site.mirrors.charts
    options = pulumi.ResourceOptions(
        transforms=[lambda args: _transformed(args, certificate, cluster.anchor)]
    )
    return k8s.helm.v4.Chart(
        "kueue",
        chart=f"{charts}/kueue-{versions.KUEUE}.tgz" if charts else _UPSTREAM,
        version=None if charts else versions.KUEUE,
        namespace=NAMESPACE,
        values=_values(recovery),
        opts=pulumi.ResourceOptions.merge(
            cluster.inside(parent, [space, certificate, *priorities]), options
        ),
    )


def configuration(recovery: int) -> dict[str, Any]:
    """Kueue's Configuration."""
    return {
        "apiVersion": "config.kueue.x-k8s.io/v1beta2",
        "kind": "Configuration",
        "health": {"healthProbeBindAddress": ":8081"},
        "metrics": {"bindAddress": ":8443", "enableClusterQueueResources": True},
        "webhook": {"port": 9443},
        "leaderElection": {"leaderElect": False},  # there is one
        "internalCertManagement": {"enable": False},  # making them takes it 13 to 87 s
        "manageJobsWithoutQueueName": True,
        "managedJobsNamespaceSelector": QUEUED,
        "waitForPodsReady": {
            "timeout": "5m",
            "recoveryTimeout": f"{recovery}s",
            "requeuingStrategy": {
                "timestamp": "Creation",
                "backoffBaseSeconds": 15,
                "backoffMaxSeconds": 300,
            },
        },
        "integrations": {"frameworks": ["batch/job", "pod"]},  # pods are for the headroom
    }


def _values(recovery: int) -> dict[str, Any]:
    return {
        "controllerManager": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "manager": {
                "image": {
                    "repository": "registry.k8s.io/kueue/kueue",
                    "tag": f"v{versions.KUEUE}",
                    "pullPolicy": "IfNotPresent",
                },
                "priorityClassName": "platform",
                "podSecurityContext": {
                    "runAsNonRoot": True,
                    "runAsUser": 65532,
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                "resources": {
                    "limits": {"cpu": "2", "memory": "1Gi"},
                    "requests": {"cpu": "100m", "memory": "256Mi"},
                },
            },
            "readinessProbe": {"initialDelaySeconds": 1, "periodSeconds": 2},
        },
        "managerConfig": {
            "controllerManagerConfigYaml": yaml.safe_dump(configuration(recovery)),
        },
    }


def _transformed(
    args: pulumi.ResourceTransformArgs, certificate: Certificate, anchor: pulumi.Resource
) -> pulumi.ResourceTransformResult:
    """Mend one object of the chart, and have it vanish with the cluster."""
    props = mended(
        dict(args.props), certificate.authority, certificate.certificate, certificate.key
    )
    args.opts.deleted_with = anchor
    return pulumi.ResourceTransformResult(props, args.opts)


def mended(
    props: dict[str, Any],
    authority: pulumi.Input[str],
    certificate: pulumi.Input[str],
    key: pulumi.Input[str],
) -> dict[str, Any]:
    """Give one object of the chart what the chart cannot be told.

    Args:
        props: The object.
        authority: Whom the API server trusts when it asks Kueue (PEM).
        certificate: Kueue's (PEM).
        key: Kueue's (PEM).
    """
    kind = props.get("kind", "")
    trusted = pulumi.Output.from_input(authority).apply(
        lambda pem: base64.b64encode(pem.encode()).decode()
    )
    if kind == "Secret" and props["metadata"]["name"].endswith("webhook-server-cert"):
        given = {"ca.crt": authority, "tls.crt": certificate, "tls.key": key}
        return {**props, "stringData": pulumi.Output.secret(given)}
    if kind == "Deployment":
        return _with_certificates(props)
    if kind.endswith("WebhookConfiguration"):
        hooks = [_mended_hook(hook, trusted) for hook in props["webhooks"]]
        return {**props, "webhooks": hooks}
    if kind == "CustomResourceDefinition" and "conversion" in props["spec"]:
        conversion = dict(props["spec"]["conversion"])
        webhook = dict(conversion["webhook"])
        webhook["clientConfig"] = {**webhook["clientConfig"], "caBundle": trusted}
        spec = {**props["spec"], "conversion": {**conversion, "webhook": webhook}}
        return {**props, "spec": spec}
    return props


def _with_certificates(deployment: dict[str, Any]) -> dict[str, Any]:
    """Show Kueue the same certificate wherever it looks for one, now that it makes none."""
    deployment = copy.deepcopy(deployment)
    pod = deployment["spec"]["template"]["spec"]
    given = next(volume for volume in pod["volumes"] if volume["name"] == "cert")["secret"]
    pod["volumes"] = [
        *(volume for volume in pod["volumes"] if volume["name"] != "visibility"),
        *({"name": name, "secret": given} for name in ("visibility", "metrics-certs")),
    ]
    mounts = pod["containers"][0]["volumeMounts"]
    mounts.append({"name": "metrics-certs", "mountPath": "/etc/kueue/metrics/certs"})
    return deployment


def _mended_hook(hook: dict[str, Any], trusted: pulumi.Output[str]) -> dict[str, Any]:
    """Trust it; and let it see our queued namespaces only, whatever the chart would let it see."""
    hook = {**hook, "clientConfig": {**hook["clientConfig"], "caBundle": trusted}}
    groups = {group for rule in hook.get("rules", ()) for group in rule["apiGroups"]}
    if groups != {_OWN_KINDS}:
        hook["namespaceSelector"] = QUEUED
    return hook
