from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra import names
from infra.overlay.accelerators.accelerators import Accelerators

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.overlay.base.target import Target
    from infra.site import Site
    from infra.testing import Plan

    Deploy = Callable[[Callable[[Target], Any]], Plan]


def test_the_plugin_runs_where_accelerators_are_with_the_image_that_the_site_names(
    deploy: Deploy, site: Site
) -> None:
    assert site.accelerators
    settings = site.accelerators
    plan = deploy(lambda target: Accelerators("accelerators", settings, target))
    pod = plan.of("DaemonSet")["accelerators"].inputs["spec"]["template"]["spec"]
    assert pod["containers"][0]["image"] == "mirror.example:5000/plugin:v1"
    (term,) = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][
        "nodeSelectorTerms"
    ]
    assert term["matchExpressions"] == [{"key": names.ACCELERATOR, "operator": "Exists"}]


def test_the_plugin_keeps_the_priority_and_the_rights_that_it_needs(
    deploy: Deploy, site: Site
) -> None:
    assert site.accelerators
    settings = site.accelerators
    plan = deploy(lambda target: Accelerators("accelerators", settings, target))
    pod = plan.of("DaemonSet")["accelerators"].inputs["spec"]["template"]["spec"]
    assert pod["priorityClassName"] == "system-node-critical"
    assert pod["automountServiceAccountToken"] is False
    assert pod["containers"][0]["securityContext"] == {"privileged": True}
