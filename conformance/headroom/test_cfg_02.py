"""CFG-02: the order of the priority classes of Kubernetes and of Kueue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.contest.queues import WORKLOAD_PRIORITY_CLASS
from conformance.kit.requirements import MUST, requirement
from conformance.kit.site.kinds import POD, PRIORITY_CLASS
from conformance.kit.site.namespaces import first_of
from conformance.kit.site.pods import minimal_pod
from infra import names

if TYPE_CHECKING:
    from conformance.kit.record import Record
    from conformance.kit.site.api import KubeApi
    from conformance.kit.site.namespaces import Namespaces

ORDER = ("platform", "interactive", "batch", "headroom")


@requirement(
    "CFG-02",
    MUST,
    "36894c52-cc04-4a80-adc4-2d97ac995433",
    "The priority classes are in the order platform, interactive, 0, batch, headroom; for Kueue, "
    "headroom is above all batch; pods of batch and headroom preempt no other pod.",
    needs=("notebooks", "queueing", "headroom"),
)
def test_priority_classes_are_in_order_and_pods_get_them(
    api: KubeApi, namespaces: Namespaces, record: Record
) -> None:
    classes = {one["metadata"]["name"]: one for one in api.all(PRIORITY_CLASS)}
    missing = [name for name in ORDER if name not in classes]
    assert not missing, f"there is no priority class {', '.join(missing)}"
    values = {name: int(classes[name]["value"]) for name in ORDER}
    platform, interactive, batch, headroom = values.values()
    assert platform > interactive > 0 > batch > headroom, f"the order is {values}"
    for name in ("batch", "headroom"):
        assert classes[name].get("preemptionPolicy") == "Never", f"{name} preempts other pods"
    defaults = [name for name, one in classes.items() if one.get("globalDefault")]
    assert not defaults, f"{defaults} is the class of pods that name none"
    record.sample(priorities=values)

    queue = {
        one["metadata"]["name"]: int(one["value"]) for one in api.all(WORKLOAD_PRIORITY_CLASS)
    }
    assert "headroom" in queue, "Kueue has no priority class headroom"
    lower = {name: value for name, value in queue.items() if name != "headroom"}
    highest = max([batch, *lower.values()])
    assert queue["headroom"] > highest, f"for Kueue headroom is not the highest: {queue}"
    record.sample(queue_priorities=queue)

    for name, namespace in namespace_of_each_class(namespaces).items():
        spec = api.create(POD, namespace, minimal_pod(name), dry_run=True)["spec"]
        assert spec["priority"] == values.get(name, 0), (
            f"a pod with {name or 'no'} priority class in {namespace}: {spec}"
        )
        record.sample(namespace=namespace, priority_class=name, priority=spec["priority"])


def namespace_of_each_class(namespaces: Namespaces) -> dict[str, str]:
    """Return a namespace that allows each class, and one for pods without a class."""
    priority = names.PRIORITY
    return {
        "platform": first_of(namespaces.platform, "the platform", f"{priority}=platform"),
        "interactive": first_of(namespaces.sessions, "sessions", f"{priority}=interactive"),
        "batch": first_of(namespaces.batch, "batch", f"{names.BATCH}=true"),
        "headroom": first_of(namespaces.headroom, "headroom", f"{priority}=headroom"),
        "": "default",
    }
