from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.overlay.base.priorities import Priorities

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.overlay.base.target import Target
    from infra.testing import Plan

    Deploy = Callable[[Callable[[Target], Any]], Plan]


def test_the_four_classes_have_the_values_of_the_design(deploy: Deploy) -> None:
    classes = deploy(lambda target: Priorities("p", target)).of("PriorityClass")
    found = {
        name: (c.inputs["value"], c.inputs["preemptionPolicy"]) for name, c in classes.items()
    }
    assert found == {
        "platform": (1_000_000, "PreemptLowerPriority"),
        "interactive": (100_000, "PreemptLowerPriority"),
        "batch": (-1000, "Never"),
        "headroom": (-2000, "Never"),
    }
    assert not any(c.inputs["globalDefault"] for c in classes.values())


def test_a_policy_refuses_guarded_classes_in_other_namespaces(deploy: Deploy) -> None:
    plan = deploy(lambda target: Priorities("p", target))
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
    (validation,) = policy["validations"]
    assert validation["expression"] == (
        "!(object.spec.?priorityClassName.orValue('') in ['platform', 'interactive', 'headroom'])"
        " || namespaceObject.metadata.?labels[?'foreground.internal/priority'].orValue('')"
        " == object.spec.?priorityClassName.orValue('')"
    )
    binding = plan.of("ValidatingAdmissionPolicyBinding")["priority-classes"].inputs["spec"]
    assert binding == {"policyName": "priority-classes", "validationActions": ["Deny"]}
