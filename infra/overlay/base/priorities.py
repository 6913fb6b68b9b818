"""Priorities component: the four PriorityClasses, and the policy that guards their use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_kubernetes as k8s

from infra import names

from .admission import PODS, deny_unless

if TYPE_CHECKING:
    from .target import Target

__all__ = ["Priorities"]


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
                one.name,
                metadata={"name": one.name},
                value=one.value,
                preemption_policy=one.preemption,
                global_default=False,
                description=one.description,
                opts=target.options,
            )
            for one in names.PRIORITY_CLASSES
        ]
        requested = "object.spec.?priorityClassName.orValue('')"
        allowed = f"namespaceObject.metadata.?labels[?'{names.PRIORITY}'].orValue('')"
        deny_unless(
            "priority-classes",
            target,
            matching=PODS,
            validations={
                f"!({requested} in {list(names.GUARDED_CLASSES)}) || {allowed} == {requested}": (
                    f"the priority classes {', '.join(names.GUARDED_CLASSES)} are for namespaces "
                    f"that carry one as label {names.PRIORITY}"
                )
            },
        )
        self.register_outputs({})
