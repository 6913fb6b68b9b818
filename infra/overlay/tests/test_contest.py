"""The contest: who gives way to whom, and that nothing of Kueue's stands before a person."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from infra import names
from infra.overlay.accelerators.accelerators import Accelerators
from infra.overlay.base.priorities import Priorities
from infra.overlay.headroom.headroom import Headroom
from infra.overlay.queueing import kueue
from infra.overlay.queueing.queueing import Queueing

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.overlay.base.target import Cluster
    from infra.site import Site
    from infra.testing import Plan

    Asked = Callable[[Callable[[Cluster], Any]], Plan]


def contest(asked: Asked, site: Site) -> Plan:
    """What is asked for where batch and headroom are."""

    def program(cluster: Cluster) -> None:
        assert site.queueing
        assert site.notebooks
        queueing = Queueing("queueing", site, site.queueing, cluster, [])
        Headroom("headroom", site, site.notebooks, cluster, queueing.queues)

    return asked(program)


def test_the_four_classes_are_as_designed(asked: Asked) -> None:
    classes = asked(lambda cluster: Priorities("p", cluster)).of("PriorityClass")
    said = {name: (c.inputs["value"], c.inputs["preemptionPolicy"]) for name, c in classes.items()}
    assert said == {
        "platform": (1_000_000, "PreemptLowerPriority"),
        "interactive": (100_000, "PreemptLowerPriority"),
        "batch": (-1000, "Never"),
        "headroom": (-2000, "Never"),
    }
    assert not any(c.inputs["globalDefault"] for c in classes.values())


def test_everybody_is_kept_from_classes_that_are_not_theirs(asked: Asked) -> None:
    plan = asked(lambda cluster: Priorities("p", cluster))
    policy = plan.of("ValidatingAdmissionPolicy")["priority-classes"].inputs["spec"]
    assert policy["failurePolicy"] == "Fail"
    assert policy["matchConstraints"] == {
        "resourceRules": [
            {
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "operations": ["CREATE"],
                "resources": ["pods"],
            }
        ]
    }
    binding = plan.of("ValidatingAdmissionPolicyBinding")["priority-classes"].inputs["spec"]
    assert binding == {"policyName": "priority-classes", "validationActions": ["Deny"]}


def test_the_plugin_runs_where_accelerators_are_with_the_image_that_the_site_names(
    asked: Asked, site: Site
) -> None:
    assert site.accelerators
    wanted = site.accelerators
    plan = asked(lambda cluster: Accelerators("accelerators", wanted, cluster))
    pod = plan.of("DaemonSet")["accelerators"].inputs["spec"]["template"]["spec"]
    assert pod["containers"][0]["image"] == "mirror.example:5000/plugin:v1"
    (term,) = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][
        "nodeSelectorTerms"
    ]
    assert term["matchExpressions"] == [{"key": names.ACCELERATOR, "operator": "Exists"}]


def test_one_queue_holds_every_accelerator_of_the_site(asked: Asked, site: Site) -> None:
    queues = contest(asked, site).of("ClusterQueue")
    assert list(queues) == ["clusterqueue-batch"]
    spec = queues["clusterqueue-batch"].inputs["spec"]
    (group,) = spec["resourceGroups"]
    assert group["coveredResources"] == ["cpu", "memory", "nvidia.com/gpu"]
    quota = {each["name"]: each["nominalQuota"] for each in group["flavors"][0]["resources"]}
    assert quota["nvidia.com/gpu"] == "4"
    assert spec["namespaceSelector"] == {"matchLabels": {names.QUEUED: "true"}}


def test_kueue_sees_by_the_topology_what_people_took(asked: Asked, site: Site) -> None:
    flavor = contest(asked, site).of("ResourceFlavor")["resourceflavor-t4"].inputs["spec"]
    assert flavor == {"nodeLabels": {names.ACCELERATOR: "t4"}, "topologyName": "machine"}


def test_all_that_is_kueues_speaks_its_newest_api(asked: Asked, site: Site) -> None:
    objects = [a for a in contest(asked, site).asked if "kueue.x-k8s.io" in a.type]
    assert {a.inputs["apiVersion"] for a in objects} == {"kueue.x-k8s.io/v1beta2"}
    assert len(objects) == 6


def test_a_placeholder_asks_for_what_a_session_asks_and_ends_at_once(
    asked: Asked, site: Site
) -> None:
    kept = kept_of(contest(asked, site))
    assert kept["count"] == 1
    assert kept["pod"]["metadata"] == {
        "labels": {
            "app": "headroom",
            "kueue.x-k8s.io/managed": "true",
            "kueue.x-k8s.io/queue-name": "headroom",
            "kueue.x-k8s.io/priority-class": "headroom",
        },
        "annotations": {"kueue.x-k8s.io/pod-suspending-parent": "headroom"},
    }
    pod = kept["pod"]["spec"]
    assert pod["terminationGracePeriodSeconds"] == 0
    assert pod["priorityClassName"] == "headroom"
    assert pod["nodeSelector"] == {names.ACCELERATOR: "t4"}
    requests = pod["containers"][0]["resources"]["requests"]
    assert requests == {"cpu": "200m", "memory": "512Mi", "nvidia.com/gpu": "1"}


def kept_of(plan: Plan, model: str = "t4") -> dict[str, Any]:
    """What the keeper is told of one model."""
    told = json.loads(plan.of("ConfigMap")["headroom-config"].inputs["data"]["headroom.json"])
    kept: dict[str, Any] = told["models"][model]
    return kept


def test_the_keeper_keeps_pods_of_headroom_sees_sessions_and_may_nothing_else(
    asked: Asked, site: Site
) -> None:
    plan = contest(asked, site)
    told = json.loads(plan.of("ConfigMap")["headroom-config"].inputs["data"]["headroom.json"])
    assert (told["namespace"], told["sessions"]) == ("headroom", "sessions")
    rules = {
        role.inputs["metadata"]["namespace"]: role.inputs["rules"]
        for role in plan.of("Role").values()
    }
    assert rules == {
        "headroom": [
            {
                "apiGroups": [""],
                "resources": ["pods"],
                "verbs": ["list", "watch", "create", "delete"],
            }
        ],
        "sessions": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "watch"]}],
    }
    assert not plan.of("ClusterRole")


def test_kueues_own_priority_of_a_placeholder_is_the_highest(asked: Asked, site: Site) -> None:
    (priority,) = contest(asked, site).of("WorkloadPriorityClass").values()
    assert priority.inputs["value"] == 1_000_000


def test_only_batch_and_headroom_are_kueues(asked: Asked, site: Site) -> None:
    labelled = {
        name: space.inputs["metadata"]["labels"]
        for name, space in contest(asked, site).of("Namespace").items()
    }
    assert {n for n, labels in labelled.items() if names.QUEUED in labels} == {"batch", "headroom"}
    assert {n for n, labels in labelled.items() if names.BATCH in labels} == {"batch"}


def test_kueue_is_told_of_these_namespaces_only_and_makes_no_certificates() -> None:
    told = kueue.configuration(30)
    assert told["managedJobsNamespaceSelector"] == {"matchLabels": {names.QUEUED: "true"}}
    assert told["internalCertManagement"] == {"enable": False}
    assert told["waitForPodsReady"]["recoveryTimeout"] == "30s"
    assert told["integrations"]["frameworks"] == ["batch/job", "pod"]


HOOKS = [
    {"name": "pods", "clientConfig": {}, "rules": [{"apiGroups": [""]}]},
    {
        "name": "jobs",
        "clientConfig": {},
        "namespaceSelector": {"matchExpressions": ["nearly everything"]},
        "rules": [{"apiGroups": ["batch"]}],
    },
    {"name": "own", "clientConfig": {}, "rules": [{"apiGroups": ["kueue.x-k8s.io"]}]},
]


@pytest.mark.parametrize(
    "kind", ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]
)
def test_no_webhook_of_kueue_sees_people(asked: Asked, kind: str) -> None:
    hooks = {"kind": kind, "webhooks": HOOKS}
    mended: dict[str, Any] = {}
    asked(lambda _: mended.update(kueue.mended(hooks, "ca", "certificate", "key")))
    selectors = {hook["name"]: hook.get("namespaceSelector") for hook in mended["webhooks"]}
    assert selectors == {"pods": kueue.QUEUED, "jobs": kueue.QUEUED, "own": None}
    assert all("caBundle" in hook["clientConfig"] for hook in mended["webhooks"])


def test_the_chart_is_the_sites_or_upstreams(asked: Asked, site: Site) -> None:
    (chart,) = contest(asked, site).of("Chart").values()
    assert chart.inputs["chart"].endswith("/charts/kueue-0.19.2.tgz")
    mirrors = site.mirrors.model_copy(update={"charts": None})
    elsewhere = site.model_copy(update={"mirrors": mirrors})
    (chart,) = contest(asked, elsewhere).of("Chart").values()
    assert (chart.inputs["chart"], chart.inputs["version"]) == (
        "oci://registry.k8s.io/kueue/charts/kueue",
        "0.19.2",
    )


def test_batch_hears_nobody_and_reaches_nothing_of_the_site(asked: Asked, site: Site) -> None:
    policies = contest(asked, site).of("NetworkPolicy")
    assert {name: p.inputs["spec"].get("ingress") for name, p in policies.items()} == {
        "batch-batch": [],
        "headroom-headroom": [],
        "headroom-system-keeper": [],
    }
    world = policies["batch-batch"].inputs["spec"]["egress"][-1]["to"][0]["ipBlock"]
    assert {"169.254.0.0/16", "10.77.1.0/24", "10.93.0.0/16", "10.94.0.0/16"} == set(
        world["except"]
    )
    assert policies["headroom-headroom"].inputs["spec"]["egress"] == []


def test_batch_has_rules_for_pods_jobs_and_budgets(asked: Asked, site: Site) -> None:
    policies = contest(asked, site).of("ValidatingAdmissionPolicy")
    assert set(policies) == {"batch-pods", "batch-jobs", "batch-budgets"}
    for policy in policies.values():
        where = policy.inputs["spec"]["matchConstraints"]["namespaceSelector"]
        assert where == {"matchLabels": {names.BATCH: "true"}}
    count = {name: len(p.inputs["spec"]["validations"]) for name, p in policies.items()}
    assert count == {"batch-pods": 4, "batch-jobs": 8, "batch-budgets": 1}


def test_all_of_it_vanishes_with_the_cluster(asked: Asked, site: Site) -> None:
    inside = [a for a in contest(asked, site).asked if a.type.startswith("kubernetes:")]
    assert {a.deleted_with for a in inside} == {("site:index:Secret", "anchor")}
