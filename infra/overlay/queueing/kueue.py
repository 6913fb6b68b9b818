"""Kueue: upstream's Helm chart, patched so that its webhooks see only queued namespaces."""

from __future__ import annotations

import base64
import copy
from typing import TYPE_CHECKING, Any, Final

import pulumi
import pulumi_kubernetes as k8s
import yaml

from infra import names, versions
from infra.overlay.base.namespaces import namespace
from infra.overlay.base.secrets import Certificate

if TYPE_CHECKING:
    from infra.overlay.base.target import Target
    from infra.site import Site

__all__ = ["NAMESPACE", "QUEUED", "configuration", "install", "patched"]

NAMESPACE: Final = "kueue-system"
QUEUED: Final[dict[str, Any]] = {"matchLabels": {names.QUEUED: "true"}}
"""Selector of the namespaces that Kueue manages, and that its webhooks see, and no others."""

_UPSTREAM: Final = "oci://registry.k8s.io/kueue/charts/kueue"
_OWN_KINDS: Final = "kueue.x-k8s.io"
_SERVERS: Final = [
    f"kueue-{service}.{NAMESPACE}.svc"
    for service in ("webhook-service", "controller-manager-metrics-service", "visibility-server")
]


def install(site: Site, recovery: int, target: Target) -> pulumi.Resource:
    """Install Kueue; its own objects must depend on the chart that is returned.

    Args:
        site: The complete site.
        recovery: Seconds after which a job that lost its pod returns its quota.
        target: Where; it must depend on the priority classes.
    """
    created = namespace(NAMESPACE, target, priority=names.PLATFORM_CLASS, security="baseline")
    certificate = Certificate("kueue", _SERVERS, pulumi.ResourceOptions(parent=target.parent))
    charts = site.mirrors.charts
    patching = pulumi.ResourceOptions(
        transforms=[lambda args: _transformed(args, certificate, target.anchor)]
    )
    return k8s.helm.v4.Chart(
        "kueue",
        chart=f"{charts}/kueue-{versions.KUEUE}.tgz" if charts else _UPSTREAM,
        version=None if charts else versions.KUEUE,
        namespace=NAMESPACE,
        values=_values(recovery),
        opts=pulumi.ResourceOptions.merge(target.after(created, certificate).options, patching),
    )


def configuration(recovery: int) -> dict[str, Any]:
    """Return the Configuration of Kueue's controller."""
    return {
        "apiVersion": "config.kueue.x-k8s.io/v1beta2",
        "kind": "Configuration",
        "health": {"healthProbeBindAddress": ":8081"},
        "metrics": {"bindAddress": ":8443", "enableClusterQueueResources": True},
        "webhook": {"port": 9443},
        "leaderElection": {"leaderElect": False},  # there is one replica
        "internalCertManagement": {"enable": False},  # Kueue needs 13 to 87 s to make them
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
        "integrations": {"frameworks": ["batch/job", "pod"]},  # pods: the placeholders
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
                "priorityClassName": names.PLATFORM_CLASS,
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
    args: pulumi.ResourceTransformArgs, certificate: Certificate, anchor: pulumi.Resource | None
) -> pulumi.ResourceTransformResult:
    """Patch one object of the chart, and delete it with the cluster."""
    props = patched(
        dict(args.props), certificate.authority, certificate.certificate, certificate.key
    )
    args.opts.deleted_with = anchor
    return pulumi.ResourceTransformResult(props, args.opts)


def patched(
    props: dict[str, Any],
    authority: pulumi.Input[str],
    certificate: pulumi.Input[str],
    key: pulumi.Input[str],
) -> dict[str, Any]:
    """Return one object of the chart with the changes that the chart has no values for.

    Args:
        props: The object.
        authority: The authority by which the API server trusts Kueue's webhooks (PEM).
        certificate: Certificate of the webhooks (PEM).
        key: Its private key (PEM).
    """
    kind = props.get("kind", "")
    bundle = pulumi.Output.from_input(authority).apply(
        lambda pem: base64.b64encode(pem.encode()).decode()
    )
    if kind == "Secret" and props["metadata"]["name"].endswith("webhook-server-cert"):
        data = {"ca.crt": authority, "tls.crt": certificate, "tls.key": key}
        return {**props, "stringData": pulumi.Output.secret(data)}
    if kind == "Deployment":
        return _with_certificates(props)
    if kind.endswith("WebhookConfiguration"):
        hooks = [_patched_hook(hook, bundle) for hook in props["webhooks"]]
        return {**props, "webhooks": hooks}
    if kind == "CustomResourceDefinition" and "conversion" in props["spec"]:
        conversion = dict(props["spec"]["conversion"])
        webhook = dict(conversion["webhook"])
        webhook["clientConfig"] = {**webhook["clientConfig"], "caBundle": bundle}
        spec = {**props["spec"], "conversion": {**conversion, "webhook": webhook}}
        return {**props, "spec": spec}
    return props


def _with_certificates(deployment: dict[str, Any]) -> dict[str, Any]:
    """Mount the same certificate in all places where Kueue reads one, as it makes none itself."""
    deployment = copy.deepcopy(deployment)
    pod = deployment["spec"]["template"]["spec"]
    secret = next(volume for volume in pod["volumes"] if volume["name"] == "cert")["secret"]
    pod["volumes"] = [
        *(volume for volume in pod["volumes"] if volume["name"] != "visibility"),
        *({"name": name, "secret": secret} for name in ("visibility", "metrics-certs")),
    ]
    mounts = pod["containers"][0]["volumeMounts"]
    mounts.append({"name": "metrics-certs", "mountPath": "/etc/kueue/metrics/certs"})
    return deployment


def _patched_hook(hook: dict[str, Any], bundle: pulumi.Output[str]) -> dict[str, Any]:
    """Set the CA bundle, and limit the webhook to the queued namespaces of ours."""
    hook = {**hook, "clientConfig": {**hook["clientConfig"], "caBundle": bundle}}
    groups = {group for rule in hook.get("rules", ()) for group in rule["apiGroups"]}
    if groups != {_OWN_KINDS}:
        hook["namespaceSelector"] = QUEUED
    return hook
