"""CFG-04: the webhooks and the configuration of Kueue leave sessions out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

from conformance.kit.requirements import MUST, requirement
from conformance.kit.site.kinds import CONFIG_MAP, NAMESPACE, POD, Kind
from conformance.kit.site.pods import minimal_pod
from conformance.kit.site.selectors import matches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.kit.record import Record
    from conformance.kit.site.api import KubeApi
    from conformance.kit.site.kinds import Document
    from conformance.kit.site.namespaces import Namespaces

KUEUE: Final = "kueue.x-k8s.io"
CONFIG: Final = "config.kueue.x-k8s.io/"
ADMISSION: Final = "admissionregistration.k8s.io/v1"
WEBHOOKS: Final = (
    Kind(
        "MutatingWebhookConfiguration",
        ADMISSION,
        "mutatingwebhookconfigurations",
        namespaced=False,
    ),
    Kind(
        "ValidatingWebhookConfiguration",
        ADMISSION,
        "validatingwebhookconfigurations",
        namespaced=False,
    ),
)


@requirement(
    "CFG-04",
    MUST,
    "72910968-8da4-4fb8-98eb-50c76cb254a0",
    "Kueue selects no namespace of sessions, neither by a webhook nor by its configuration.",
    needs=("notebooks", "queueing"),
)
def test_kueue_selects_no_session(api: KubeApi, namespaces: Namespaces, record: Record) -> None:
    assert namespaces.sessions, "no namespace is labelled as one of sessions"
    labels = {
        one["metadata"]["name"]: one["metadata"].get("labels", {}) for one in api.all(NAMESPACE)
    }
    selectors = [*of_webhooks(api), *of_configuration(api)]
    assert selectors, "no webhook and no configuration of Kueue is there to look at"
    for namespace in sorted(namespaces.sessions):
        found = [name for name, selector in selectors if matches(selector, labels[namespace])]
        assert not found, f"Kueue selects {namespace} by {', '.join(found)}"
        pod = api.create(POD, namespace, minimal_pod("interactive"), dry_run=True)
        assert not marks(pod), f"Kueue adds to a session {', '.join(marks(pod))}"
        record.sample(namespace=namespace, selectors=[name for name, _ in selectors])


def of_webhooks(api: KubeApi) -> Iterator[tuple[str, Any]]:
    """Return the selectors of Kueue's webhooks, except of those for its own kinds only."""
    for kind in WEBHOOKS:
        for configuration in api.all(kind):
            for hook in configuration.get("webhooks", []):
                service = hook["clientConfig"].get("service", {}).get("name", "")
                groups = {group for rule in hook.get("rules", []) for group in rule["apiGroups"]}
                if "kueue" in service and groups != {KUEUE}:
                    yield hook["name"], hook.get("namespaceSelector")


def of_configuration(api: KubeApi) -> Iterator[tuple[str, Any]]:
    """Return the selector of managed namespaces in Kueue's configuration."""
    for one in api.all(CONFIG_MAP):
        for text in (one.get("data") or {}).values():
            if CONFIG in text:
                settings = yaml.safe_load(text)
                yield "managedJobsNamespaceSelector", settings.get("managedJobsNamespaceSelector")


def marks(pod: Document) -> list[str]:
    """Return what Kueue added to a pod: gates, labels, annotations, finalizers."""
    metadata = pod["metadata"]
    found = [
        *(gate["name"] for gate in pod["spec"].get("schedulingGates", [])),
        *metadata.get("labels", {}),
        *metadata.get("annotations", {}),
        *metadata.get("finalizers", []),
    ]
    return [mark for mark in found if KUEUE in mark]
