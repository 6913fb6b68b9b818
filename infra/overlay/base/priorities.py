"""Priorities component: the four PriorityClasses, and the policy that guards their use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pulumi
import pulumi_kubernetes as k8s

from infra import names

from .admission import PODS, deny_unless

if TYPE_CHECKING:
    from .target import Target

__all__ = ["Priorities"]

_CLASSES: Final = {
    names.PLATFORM_CLASS: (
        1_000_000,
        "PreemptLowerPriority",
        "What carries sessions; nothing evicts it",
    ),
    names.INTERACTIVE_CLASS: (100_000, "PreemptLowerPriority", "People's sessions"),
    names.BATCH_CLASS: (-1000, "Never", "What people leave; evicts nothing"),
    names.HEADROOM_CLASS: (-2000, "Never", "Placeholders, the first to give way"),
}
"""Value, preemption policy and description. A pod without a class has the priority 0."""

_GUARDED: Final = (names.PLATFORM_CLASS, names.INTERACTIVE_CLASS, names.HEADROOM_CLASS)


class Priorities(pulumi.ComponentResource):
    """The priority classes, and a policy that allows a guarded class only in its own namespaces.

    Args:
        name: Unique within the stack.
        target: Where.

    Attributes:
        classes: The priority classes; a pod that names one must depend on them.
    """

    classes: list[pulumi.Resource]

    def __init__(self, name: str, target: Target) -> None:
        super().__init__("foreground:overlay:Priorities", name, None, target.component_options)
        target = target.inside(self)
        self.classes = [
            k8s.scheduling.v1.PriorityClass(
                title,
                metadata={"name": title},
                value=value,
                preemption_policy=preemption,
                global_default=False,
                description=description,
                opts=target.options,
            )
            for title, (value, preemption, description) in _CLASSES.items()
        ]
        requested = "object.spec.?priorityClassName.orValue('')"
        allowed = f"namespaceObject.metadata.?labels[?'{names.PRIORITY}'].orValue('')"
        deny_unless(
            "priority-classes",
            target,
            matching=PODS,
            validations={
                f"!({requested} in {list(_GUARDED)}) || {allowed} == {requested}": (
                    f"the priority classes {', '.join(_GUARDED)} are for namespaces "
                    f"that carry one as label {names.PRIORITY}"
                )
            },
        )
        self.register_outputs({})
