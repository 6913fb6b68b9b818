"""Priorities: who gives way to whom, and that nobody takes a class that is not theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pulumi
import pulumi_kubernetes as k8s

from infra import names

from .admission import PODS, deny

if TYPE_CHECKING:
    from .target import Cluster

__all__ = ["Priorities"]

_CLASSES: Final = {
    "platform": (1_000_000, "PreemptLowerPriority", "What carries sessions; nothing evicts it"),
    "interactive": (100_000, "PreemptLowerPriority", "People's sessions"),
    "batch": (-1000, "Never", "What people leave; evicts nothing"),
    "headroom": (-2000, "Never", "Placeholders, the first to give way"),
}
"""Value, whether it evicts, and what it is for. The default, of pods that say nothing, is 0."""

_GUARDED: Final = ("platform", "interactive", "headroom")


class Priorities(pulumi.ComponentResource):
    """The priority classes, and the rule that keeps them to their namespaces.

    Args:
        name: Unique within the stack.
        cluster: Where.

    Attributes:
        classes: Depend on these before a pod names one.
    """

    classes: list[pulumi.Resource]

    def __init__(self, name: str, cluster: Cluster) -> None:
        super().__init__("foreground:overlay:Priorities", name, None, cluster.inside(None))
        self.classes = [
            k8s.scheduling.v1.PriorityClass(
                title,
                metadata={"name": title},
                value=value,
                preemption_policy=preemption,
                global_default=False,
                description=description,
                opts=cluster.inside(self),
            )
            for title, (value, preemption, description) in _CLASSES.items()
        ]
        wanted = "object.spec.?priorityClassName.orValue('')"
        label = f"namespaceObject.metadata.?labels[?'{names.PRIORITY}'].orValue('')"
        deny(
            "priority-classes",
            cluster,
            self,
            about=PODS,
            unless={
                f"!({wanted} in {list(_GUARDED)}) || {label} == {wanted}": (
                    f"the priority classes {', '.join(_GUARDED)} are for namespaces "
                    f"that carry one as label {names.PRIORITY}"
                )
            },
        )
        self.register_outputs({})
