from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from infra import names
from infra.overlay.queueing import kueue
from infra.overlay.queueing.queueing import Queueing

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.overlay.base.target import Target
    from infra.site import Site
    from infra.testing import Plan

    Deploy = Callable[[Callable[[Target], Any]], Plan]


def queueing(deploy: Deploy, site: Site) -> Plan:
    """All that the component declares."""
    assert site.queueing
    settings = site.queueing
    return deploy(lambda target: Queueing("queueing", site, settings, target))


def test_one_queue_holds_every_accelerator_of_the_site(deploy: Deploy, site: Site) -> None:
    queues = queueing(deploy, site).of("ClusterQueue")
    assert list(queues) == ["clusterqueue-batch"]
    spec = queues["clusterqueue-batch"].inputs["spec"]
    (group,) = spec["resourceGroups"]
    assert group["coveredResources"] == ["cpu", "memory", "nvidia.com/gpu"]
    quota = {each["name"]: each["nominalQuota"] for each in group["flavors"][0]["resources"]}
    assert quota["nvidia.com/gpu"] == "4"
    assert spec["namespaceSelector"] == {"matchLabels": {names.QUEUED: "true"}}


def test_each_flavor_has_the_topology_by_which_kueue_counts_the_pods_of_people(
    deploy: Deploy, site: Site
) -> None:
    flavor = queueing(deploy, site).of("ResourceFlavor")["resourceflavor-t4"].inputs["spec"]
    assert flavor == {"nodeLabels": {names.ACCELERATOR: "t4"}, "topologyName": "machine"}


def test_all_objects_of_kueue_have_its_newest_api_version(deploy: Deploy, site: Site) -> None:
    objects = [a for a in queueing(deploy, site).resources if "kueue.x-k8s.io" in a.type]
    assert {a.inputs["apiVersion"] for a in objects} == {"kueue.x-k8s.io/v1beta2"}
    assert sorted(a.name for a in objects) == [
        "clusterqueue-batch",
        "queueing-batch",
        "resourceflavor-t4",
        "topology-machine",
    ]


def test_kueue_manages_queued_namespaces_only_and_makes_no_certificates() -> None:
    configured = kueue.configuration(30)
    assert configured["managedJobsNamespaceSelector"] == {"matchLabels": {names.QUEUED: "true"}}
    assert configured["internalCertManagement"] == {"enable": False}
    assert configured["waitForPodsReady"]["recoveryTimeout"] == "30s"
    assert configured["integrations"]["frameworks"] == ["batch/job", "pod"]


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
"""In the form of the chart's own, which is rendered only by `pulumi up`."""


@pytest.mark.parametrize(
    "kind", ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]
)
def test_the_webhooks_of_kueue_see_queued_namespaces_only(deploy: Deploy, kind: str) -> None:
    hooks = {"kind": kind, "webhooks": HOOKS}
    patched: dict[str, Any] = {}
    deploy(lambda _: patched.update(kueue.patched(hooks, "ca", "certificate", "key")))
    selectors = {hook["name"]: hook.get("namespaceSelector") for hook in patched["webhooks"]}
    assert selectors == {"pods": kueue.QUEUED, "jobs": kueue.QUEUED, "own": None}
    assert all("caBundle" in hook["clientConfig"] for hook in patched["webhooks"])


def test_the_chart_comes_from_the_sites_mirror_or_from_upstream(
    deploy: Deploy, site: Site
) -> None:
    (chart,) = queueing(deploy, site).of("Chart").values()
    assert chart.inputs["chart"].endswith("/charts/kueue-0.19.2.tgz")
    mirrors = site.mirrors.model_copy(update={"charts": None})
    elsewhere = site.model_copy(update={"mirrors": mirrors})
    (chart,) = queueing(deploy, elsewhere).of("Chart").values()
    assert (chart.inputs["chart"], chart.inputs["version"]) == (
        "oci://registry.k8s.io/kueue/charts/kueue",
        "0.19.2",
    )


def test_nothing_connects_to_batch_which_reaches_the_internet_and_name_servers_only(
    deploy: Deploy, site: Site
) -> None:
    spec = queueing(deploy, site).of("NetworkPolicy")["batch-batch"].inputs["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert spec["ingress"] == []
    names_, internet = spec["egress"]
    assert {port["port"] for port in names_["ports"]} == {53}
    assert names_["to"][0]["podSelector"] == {"matchLabels": {"k8s-app": "kube-dns"}}
    (world,) = (peer["ipBlock"] for peer in internet["to"])
    assert {"169.254.0.0/16", "10.77.1.0/24", "10.93.0.0/16", "10.94.0.0/16"} == set(
        world["except"]
    )


def test_the_namespace_of_batch_is_labelled_for_policies_and_kueue(
    deploy: Deploy, site: Site
) -> None:
    labels = queueing(deploy, site).of("Namespace")["batch"].inputs["metadata"]["labels"]
    assert labels == {
        names.BATCH: "true",
        names.QUEUED: "true",
        "pod-security.kubernetes.io/enforce": "baseline",
    }


def validations(plan: Plan, policy: str) -> set[str]:
    spec = plan.of("ValidatingAdmissionPolicy")[policy].inputs["spec"]
    return {validation["expression"] for validation in spec["validations"]}


def test_batch_has_policies_for_pods_jobs_and_budgets(deploy: Deploy, site: Site) -> None:
    plan = queueing(deploy, site)
    policies = plan.of("ValidatingAdmissionPolicy")
    matched = {
        name: policy.inputs["spec"]["matchConstraints"]["resourceRules"][0]["resources"]
        for name, policy in policies.items()
    }
    assert matched == {
        "batch-pods": ["pods"],
        "batch-jobs": ["jobs"],
        "batch-budgets": ["poddisruptionbudgets"],
    }
    for policy in policies.values():
        where = policy.inputs["spec"]["matchConstraints"]["namespaceSelector"]
        assert where == {"matchLabels": {names.BATCH: "true"}}
    count = {name: len(p.inputs["spec"]["validations"]) for name, p in policies.items()}
    assert count == {"batch-pods": 4, "batch-jobs": 8, "batch-budgets": 1}
    assert validations(plan, "batch-budgets") == {"false"}


def test_the_rules_of_batch_pods_hold_for_the_pods_of_jobs_too(deploy: Deploy, site: Site) -> None:
    plan = queueing(deploy, site)
    of_pods = validations(plan, "batch-pods")
    assert all("object.spec." in rule for rule in of_pods)
    in_jobs = {rule.replace("object.spec", "object.spec.template.spec") for rule in of_pods}
    assert in_jobs < validations(plan, "batch-jobs")
