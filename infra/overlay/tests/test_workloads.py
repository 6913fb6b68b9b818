from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
import pytest
from pulumi_kubernetes.core.v1 import (
    ContainerArgs,
    ContainerPortArgs,
    PodSpecArgs,
    SecurityContextArgs,
    ServicePortArgs,
)

from infra import names
from infra.overlay.base.grants import Account, allow, grant
from infra.overlay.base.workloads import Workload, as_user, service, workload

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.overlay.base.target import Target
    from infra.testing import Plan

    Deploy = Callable[[Callable[[Target], Any]], Plan]


def pod_of(plan: Plan, kind: str = "Deployment", name: str = "program") -> dict[str, Any]:
    spec: dict[str, Any] = plan.of(kind)[name].inputs["spec"]["template"]["spec"]
    return spec


def program(*ports: ContainerPortArgs, **changes: Any) -> Workload:  # noqa: ANN401 - of any field
    """A workload with one container, with some fields changed."""
    container = ContainerArgs(name="program", image="image", ports=list(ports))
    pod = PodSpecArgs(security_context=as_user(10009), containers=[container])
    return Workload(**{"app": "program", "namespace": "space", "pod": pod, **changes})


def test_a_workload_is_hardened_unless_it_says_otherwise(deploy: Deploy) -> None:
    plan = deploy(lambda target: workload(program(), target))
    assert pod_of(plan) == {
        "automountServiceAccountToken": False,
        "priorityClassName": names.PLATFORM_CLASS,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10009,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "program",
                "image": "image",
                "ports": [],
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                    "readOnlyRootFilesystem": True,
                },
            }
        ],
    }


def test_a_workload_may_have_a_writable_root_and_a_security_context_of_its_own(
    deploy: Deploy,
) -> None:
    writable = pod_of(deploy(lambda target: workload(program(writable=True), target)))
    assert "readOnlyRootFilesystem" not in writable["containers"][0]["securityContext"]
    own = ContainerArgs(name="own", security_context=SecurityContextArgs(privileged=True))
    privileged = program(pod=PodSpecArgs(containers=[own]))
    pod = pod_of(deploy(lambda target: workload(privileged, target)))
    assert pod["containers"][0]["securityContext"] == {"privileged": True}
    assert "securityContext" not in pod


def test_init_containers_are_hardened_too(deploy: Deploy) -> None:
    pod = PodSpecArgs(containers=[], init_containers=[ContainerArgs(name="first")])
    plan = deploy(lambda target: workload(program(pod=pod), target))
    (first,) = pod_of(plan)["initContainers"]
    assert first["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_a_deployment_ends_its_pod_before_an_update_starts_the_next_one(deploy: Deploy) -> None:
    once = deploy(lambda target: workload(program(), target)).of("Deployment")["program"].inputs
    assert once["spec"]["strategy"] == {"type": "Recreate"}
    assert once["spec"]["selector"] == {"matchLabels": {"app": "program"}}
    parallel = deploy(lambda target: workload(program(parallel=True), target))
    assert "strategy" not in parallel.of("Deployment")["program"].inputs["spec"]


def test_a_workload_on_every_node_is_a_daemon_set(deploy: Deploy) -> None:
    plan = deploy(lambda target: workload(program(everywhere=True), target))
    assert pod_of(plan, "DaemonSet")["containers"]
    assert not plan.of("Deployment")


def test_only_a_workload_with_a_grant_has_a_token(deploy: Deploy) -> None:
    granted = pod_of(deploy(lambda target: workload(program(account="robot"), target)))
    assert granted["serviceAccountName"] == "robot"
    assert "automountServiceAccountToken" not in granted


def test_a_service_selects_the_pods_of_its_workload(deploy: Deploy) -> None:
    named = program(name="shown", resource="known")
    plan = deploy(lambda target: service(named, [ServicePortArgs(port=80)], target))
    assert plan.of("Service")["known"].inputs == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "shown", "namespace": "space"},
        "spec": {"selector": {"app": "program"}, "ports": [{"port": 80}]},
    }


def test_a_port_named_metrics_is_open_to_namespaces_labelled_for_monitoring(
    deploy: Deploy,
) -> None:
    ports = (
        ContainerPortArgs(container_port=8080),
        ContainerPortArgs(container_port=9100, name="metrics"),
    )
    policies = deploy(lambda target: workload(program(*ports), target)).of("NetworkPolicy")
    assert list(policies) == ["space-program-metrics"]
    assert policies["space-program-metrics"].inputs["spec"] == {
        "podSelector": {"matchLabels": {"app": "program"}},
        "policyTypes": ["Ingress"],
        "egress": [],
        "ingress": [
            {
                "from": [{"namespaceSelector": {"matchLabels": {names.MONITORING: "true"}}}],
                "ports": [{"port": 9100, "protocol": "TCP"}],
            }
        ],
    }


def test_a_workload_without_such_a_port_has_no_policy_of_its_own(deploy: Deploy) -> None:
    port = ContainerPortArgs(container_port=8080, name="http")
    assert not deploy(lambda target: workload(program(port), target)).of("NetworkPolicy")


def test_containers_that_are_not_known_yet_are_refused(deploy: Deploy) -> None:
    def unknown(target: Target) -> None:
        containers = pulumi.Output.from_input([ContainerArgs(name="late")])
        workload(program(pod=PodSpecArgs(containers=containers)), target)

    with pytest.raises(TypeError, match="must be plain"):
        deploy(unknown)


@pytest.mark.parametrize("namespaces", [("one",), ("one", "two")])
def test_a_grant_is_an_account_with_a_role_in_each_namespace(
    deploy: Deploy, namespaces: tuple[str, ...]
) -> None:
    account = Account("robot", "space", role="reader")
    rules = {namespace: [allow("pods", "get")] for namespace in namespaces}
    plan = deploy(lambda target: grant(account, rules, target))
    assert plan.of("ServiceAccount")["reader"].inputs["metadata"] == {
        "name": "robot",
        "namespace": "space",
    }
    roles, bindings = plan.of("Role"), plan.of("RoleBinding")
    assert roles.keys() == bindings.keys()
    assert {role.inputs["metadata"]["namespace"] for role in roles.values()} == set(namespaces)
    for binding in bindings.values():
        assert binding.inputs["roleRef"]["name"] == "reader"
        assert binding.inputs["subjects"] == [
            {"kind": "ServiceAccount", "name": "robot", "namespace": "space"}
        ]
