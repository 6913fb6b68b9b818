"""Objects that each rule of the admission policies accepts and refuses."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from infra import names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["CASES", "NAMESPACES", "Case", "job"]

Manifest = dict[str, Any]

QUEUE: Final = "kueue.x-k8s.io/queue-name"
KUEUE_PRIORITY: Final = "kueue.x-k8s.io/priority-class"
NAMESPACES: Final = {
    "batch": {names.BATCH: "true"},
    "sessions": {names.PRIORITY: "interactive"},
    "elsewhere": {},
}
"""Namespaces that the objects are created in, and their labels."""


@dataclass(frozen=True)
class Case:
    """One rule, an object that every rule accepts, and an object that this rule refuses.

    Attributes:
        policy: Name of the ValidatingAdmissionPolicy.
        word: Word of the rule's message that no other message of the policy contains.
        why: What is wrong with the refused object.
        accepted: The object that is accepted.
        refused: The object that is refused.
        also: Words of further rules of the policy, where no object breaks this rule alone.
    """

    policy: str
    word: str
    why: str
    accepted: Manifest
    refused: Manifest
    also: tuple[str, ...] = ()


def pod(namespace: str = "batch", **spec: Any) -> Manifest:  # noqa: ANN401 - a manifest's values
    """Return a Pod that every rule accepts, with some fields of its spec changed."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "pod", "namespace": namespace},
        "spec": {**_POD, **spec}
        if namespace == "batch"
        else {"containers": [_container()], **spec},
    }


def job(
    spec: Mapping[str, Any] | None = None,
    template: Mapping[str, Any] | None = None,
    labels: Mapping[str, str] | None = None,
) -> Manifest:
    """Return a Job that every rule accepts, with some fields and labels changed."""
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": "job",
            "namespace": "batch",
            "labels": {QUEUE: "batch"} if labels is None else dict(labels),
        },
        "spec": {
            "podReplacementPolicy": "Failed",
            "podFailurePolicy": _failure_policy(),
            "template": {"spec": {**_POD, **(template or {})}},
            **(spec or {}),
        },
    }


def _job_of(**spec: Any) -> Manifest:  # noqa: ANN401 - as above
    """Return a Job that every rule accepts, with some fields of its Pods' spec changed."""
    return job(template=spec)


def _container(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    return {"name": "main", "image": "example.org/image", **fields}


_POD: Final = {
    "containers": [_container()],
    "priorityClassName": "batch",
    "restartPolicy": "Never",
    "terminationGracePeriodSeconds": 5,
}


def _without(manifest: Manifest, *path: str) -> Manifest:
    """Return a copy without one field."""
    changed = copy.deepcopy(manifest)
    *parents, last = path
    inner = changed
    for key in parents:
        inner = inner[key]
    del inner[last]
    return changed


def _hook(event: str) -> dict[str, Any]:
    return {"lifecycle": {event: {"exec": {"command": ["true"]}}}}


def _failure_policy(
    action: str = "Ignore", condition: str = "DisruptionTarget", status: str = "True"
) -> dict[str, Any]:
    matched = {"type": condition, "status": status}
    return {"rules": [{"action": action, "onPodConditions": [matched]}]}


def _budget(namespace: str) -> Manifest:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "budget", "namespace": namespace},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "any"}}},
    }


def _of_pods(policy: str, make: Callable[..., Manifest], path: tuple[str, ...]) -> list[Case]:
    """Return the cases of the rules that hold for a Pod and for the Pod template of a Job.

    Args:
        policy: Name of the policy.
        make: Returns an object, given changed fields of the Pod's spec.
        path: Where the Pod's spec is in the object.
    """
    grace, priority = "terminationGracePeriodSeconds", "priorityClassName"
    claim = {"name": "gpu", "resourceClaimName": "gpu"}
    second, sidecar = _container(name="second"), _container(name="sidecar", restartPolicy="Always")
    started, stopped = _hook("postStart"), _hook("preStop")
    plain = make()
    rows: list[tuple[str, str, Manifest, Manifest]] = [
        (grace, "0 seconds", make(**{grace: 1}), make(**{grace: 0})),
        (grace, "6 seconds", make(**{grace: 5}), make(**{grace: 6})),
        (grace, "the default, 30 seconds", plain, _without(plain, *path, grace)),
        (
            "preStop",
            "a preStop hook",
            make(containers=[_container(**started)]),
            make(containers=[_container(**stopped)]),
        ),
        (
            "preStop",
            "a preStop hook of the second container",
            make(containers=[_container(), second]),
            make(containers=[_container(), second | stopped]),
        ),
        (
            "preStop",
            "a preStop hook of a sidecar",
            make(initContainers=[sidecar]),
            make(initContainers=[sidecar | stopped]),
        ),
        (priority, "no priority class", plain, _without(plain, *path, priority)),
        (
            priority,
            "a priority class of Kubernetes itself",
            plain,
            make(priorityClassName="system-cluster-critical"),
        ),
        (
            "resourceClaims",
            "a device by dynamic resource allocation",
            make(resourceClaims=[]),
            make(resourceClaims=[claim]),
        ),
    ]
    return [Case(policy, *row) for row in rows]


def _of_jobs() -> list[Case]:
    """Return the cases of the rules that hold for Jobs alone."""
    failure, replacement = "podFailurePolicy", "podReplacementPolicy"
    no_failure_policy = _without(job(), "spec", failure)
    exit_codes = {"containerName": "main", "operator": "In", "values": [3]}
    ignored = [{"action": "Ignore", "onExitCodes": exit_codes}]
    wrong = {
        "no podFailurePolicy": no_failure_policy,
        "a disruption fails the Job": job({failure: _failure_policy(action="FailJob")}),
        "another condition": job({failure: _failure_policy(condition="ConfigIssue")}),
        "the condition must be False": job({failure: _failure_policy(status="False")}),
        "exit codes only": job({failure: {"rules": ignored}}),
    }
    two = {"rules": [*ignored, *_failure_policy()["rules"]]}
    return [
        *(Case("batch-jobs", failure, why, job({failure: two}), o) for why, o in wrong.items()),
        Case(
            "batch-jobs",
            replacement,
            "a Pod is replaced while it still ends",
            job(),
            # Kubernetes itself refuses this value for a Job that has a podFailurePolicy
            no_failure_policy
            | {"spec": no_failure_policy["spec"] | {replacement: "TerminatingOrFailed"}},
            also=(failure,),
        ),
        Case("batch-jobs", QUEUE, "no queue", job(), job(labels={})),
        Case("batch-jobs", QUEUE, "another queue", job(), job(labels={QUEUE: "headroom"})),
        Case(
            "batch-jobs",
            KUEUE_PRIORITY,
            "the queue priority of headroom",
            job(labels={QUEUE: "batch", KUEUE_PRIORITY: "any"}),
            job(labels={QUEUE: "batch", KUEUE_PRIORITY: "headroom"}),
        ),
    ]


def _of_priorities() -> list[Case]:
    """Return the cases of the priority classes that only labelled namespaces may use."""

    def of(namespace: str, priority: str) -> Manifest:
        return pod(namespace, priorityClassName=priority)

    own = of("sessions", "interactive")
    rows = [
        ("platform without a label", of("elsewhere", "batch"), of("elsewhere", "platform")),
        ("interactive without a label", own, of("elsewhere", "interactive")),
        ("headroom without a label", own, of("elsewhere", "headroom")),
        ("another class than the label's", own, of("sessions", "platform")),
    ]
    return [Case("priority-classes", names.PRIORITY, *row) for row in rows]


CASES: Final = [
    *_of_priorities(),
    *_of_pods("batch-pods", pod, ("spec",)),
    *_of_pods("batch-jobs", _job_of, ("spec", "template", "spec")),
    *_of_jobs(),
    Case(
        "batch-budgets",
        "PodDisruptionBudget",
        "a budget in a batch namespace",
        _budget("elsewhere"),
        _budget("batch"),
    ),
]
