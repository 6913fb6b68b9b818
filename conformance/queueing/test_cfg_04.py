"""CFG-04: Kueue stays away from sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from conformance.kit.requirements import MUST, requirement
from conformance.kit.site.pods import modest
from conformance.kit.site.selectors import matches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.kit.contest.evictions import Spaces
    from conformance.kit.record import Record
    from conformance.kit.site.api import Cluster, Document

KUEUE = "kueue.x-k8s.io"
CONFIG = "config.kueue.x-k8s.io/"


@requirement(
    "CFG-04",
    MUST,
    "72910968-8da4-4fb8-98eb-50c76cb254a0",
    "Kueue never touches a namespace of sessions, by webhook or by management.",
    needs=("notebooks", "queueing"),
)
def test_nothing_of_kueue_meets_a_session(
    cluster: Cluster, spaces: Spaces, record: Record
) -> None:
    assert spaces.sessions, "no namespace is labelled as one of sessions"
    found = {
        one["metadata"]["name"]: one["metadata"].get("labels", {})
        for one in cluster.all("Namespace")
    }
    selectors = [*hooks(cluster), *managers(cluster)]
    assert selectors, "no webhook and no configuration of Kueue is there to look at"
    for space in sorted(spaces.sessions):
        met = [name for name, selector in selectors if matches(selector, found[space])]
        assert not met, f"Kueue meets {space} by {', '.join(met)}"
        pod = cluster.create("Pod", space, modest("interactive"), dry_run=True)
        assert not touched(pod), f"Kueue puts on a session {', '.join(touched(pod))}"
        record.sample(namespace=space, selectors=[name for name, _ in selectors])


def hooks(cluster: Cluster) -> Iterator[tuple[str, Any]]:
    """Every webhook of Kueue's, with its selector, but those about nothing but its own kinds."""
    for kind in ("MutatingWebhook", "ValidatingWebhook"):
        for configuration in cluster.all(kind):
            for hook in configuration.get("webhooks", []):
                service = hook["clientConfig"].get("service", {}).get("name", "")
                groups = {group for rule in hook.get("rules", []) for group in rule["apiGroups"]}
                if "kueue" in service and groups != {KUEUE}:
                    yield hook["name"], hook.get("namespaceSelector")


def managers(cluster: Cluster) -> Iterator[tuple[str, Any]]:
    """What Kueue's own configuration says that it manages."""
    for one in cluster.all("ConfigMap"):
        for text in (one.get("data") or {}).values():
            if CONFIG in text:
                said = yaml.safe_load(text)
                yield "managedJobsNamespaceSelector", said.get("managedJobsNamespaceSelector")


def touched(pod: Document) -> list[str]:
    """What Kueue put on a pod: gates, labels, annotations, finalizers."""
    about = pod["metadata"]
    marks = [
        *(gate["name"] for gate in pod["spec"].get("schedulingGates", [])),
        *about.get("labels", {}),
        *about.get("annotations", {}),
        *about.get("finalizers", []),
    ]
    return [mark for mark in marks if KUEUE in mark]
