"""CFG-02: who gives way to whom is what the priority classes say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.requirements import MUST, requirement
from conformance.kit.site.pods import modest
from infra import names

if TYPE_CHECKING:
    from conformance.kit.contest.evictions import Spaces
    from conformance.kit.record import Record
    from conformance.kit.site.api import Cluster

ORDER = ("platform", "interactive", "batch", "headroom")


@requirement(
    "CFG-02",
    MUST,
    "36894c52-cc04-4a80-adc4-2d97ac995433",
    "Platform goes before interactive, that before 0, that before batch, that before headroom; "
    "for Kueue, headroom goes before all batch; batch and headroom evict nothing by themselves.",
    needs=("notebooks", "queueing", "headroom"),
)
def test_priorities_are_in_order_and_pods_get_them(
    cluster: Cluster, spaces: Spaces, record: Record
) -> None:
    classes = {one["metadata"]["name"]: one for one in cluster.all("PriorityClass")}
    missing = [name for name in ORDER if name not in classes]
    assert not missing, f"there is no priority class {', '.join(missing)}"
    values = {name: int(classes[name]["value"]) for name in ORDER}
    platform, interactive, batch, headroom = values.values()
    assert platform > interactive > 0 > batch > headroom, f"the order is {values}"
    for name in ("batch", "headroom"):
        assert classes[name].get("preemptionPolicy") == "Never", f"{name} evicts others"
    defaults = [name for name, one in classes.items() if one.get("globalDefault")]
    assert not defaults, f"{defaults} is what pods get that say nothing"
    record.sample(priorities=values)

    queue = {
        one["metadata"]["name"]: int(one["value"]) for one in cluster.all("WorkloadPriorityClass")
    }
    assert "headroom" in queue, "Kueue has no priority class headroom"
    lower = {name: value for name, value in queue.items() if name != "headroom"}
    first = max([batch, *lower.values()])
    assert queue["headroom"] > first, f"for Kueue headroom is not the first: {queue}"
    record.sample(queue_priorities=queue)

    for name, space in places(cluster, spaces).items():
        got = cluster.create("Pod", space, modest(name), dry_run=True)["spec"]
        assert got["priority"] == values.get(name, 0), (
            f"{name or 'a pod that says nothing'}: {got}"
        )
        record.sample(namespace=space, priority_class=name, priority=got["priority"])


def places(cluster: Cluster, spaces: Spaces) -> dict[str, str]:
    """One namespace for each class whose pods may be there, and one for pods that say nothing."""
    platform = cluster.all("Namespace", labelSelector=f"{names.PRIORITY}=platform")
    return {
        "platform": platform[0]["metadata"]["name"],
        "interactive": min(spaces.sessions),
        "batch": min(spaces.batch),
        "headroom": min(spaces.headroom),
        "": "default",
    }
