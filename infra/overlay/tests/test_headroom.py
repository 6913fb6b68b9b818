from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from infra import names
from infra.overlay.headroom.headroom import Headroom

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.overlay.base.target import Target
    from infra.site import Site
    from infra.testing import Plan

    Deploy = Callable[[Callable[[Target], Any]], Plan]


def headroom(deploy: Deploy, site: Site) -> Plan:
    """All that the component declares."""
    assert site.notebooks
    session = site.notebooks
    return deploy(lambda target: Headroom("headroom", site, session, target))


def configured(plan: Plan) -> dict[str, Any]:
    """The configuration of the keeper."""
    data = plan.of("ConfigMap")["headroom-config"].inputs["data"]
    read: dict[str, Any] = json.loads(data["headroom.json"])
    return read


def test_placeholders_have_the_highest_priority_of_kueue(deploy: Deploy, site: Site) -> None:
    (priority,) = headroom(deploy, site).of("WorkloadPriorityClass").values()
    assert priority.inputs["value"] == 1_000_000
    assert priority.inputs["metadata"] == {"name": "headroom"}


def test_all_objects_of_kueue_have_its_newest_api_version(deploy: Deploy, site: Site) -> None:
    objects = [a for a in headroom(deploy, site).resources if "kueue.x-k8s.io" in a.type]
    assert {a.inputs["apiVersion"] for a in objects} == {"kueue.x-k8s.io/v1beta2"}
    assert sorted(a.name for a in objects) == ["headroom-queue", "workloadpriorityclass-headroom"]


def test_a_placeholder_requests_what_a_session_requests_and_ends_at_once(
    deploy: Deploy, site: Site
) -> None:
    kept = configured(headroom(deploy, site))["models"]["t4"]
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


def test_the_keeper_may_manage_pods_of_headroom_and_see_those_of_sessions_and_no_more(
    deploy: Deploy, site: Site
) -> None:
    plan = headroom(deploy, site)
    settings = configured(plan)
    assert (settings["namespace"], settings["sessions"]) == ("headroom", "sessions")
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
    pod = plan.of("Deployment")["headroom-keeper"].inputs["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == "keeper"


def test_the_placeholders_queue_leads_to_the_queue_of_all_accelerators(
    deploy: Deploy, site: Site
) -> None:
    (queue,) = headroom(deploy, site).of("LocalQueue").values()
    assert queue.inputs["metadata"] == {"name": "headroom", "namespace": "headroom"}
    assert queue.inputs["spec"] == {"clusterQueue": "batch"}


def test_nothing_connects_to_placeholders_or_keeper(deploy: Deploy, site: Site) -> None:
    policies = headroom(deploy, site).of("NetworkPolicy")
    assert {name: p.inputs["spec"].get("ingress") for name, p in policies.items()} == {
        "headroom-headroom": [],
        "headroom-system-keeper": [],
    }
    assert policies["headroom-headroom"].inputs["spec"]["egress"] == []
